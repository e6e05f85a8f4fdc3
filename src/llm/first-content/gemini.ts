/** @see https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */

import { isFilled, type Json, memberOf, toArray, toObject } from "../json.ts";
import type { Dialect } from "./dialect.ts";

export const gemini: Dialect = ({ candidates, promptFeedback, usageMetadata }) => {
  if (candidates === undefined && promptFeedback === undefined && usageMetadata === undefined)
    return undefined;
  // A prompt that is refused is answered with the reason.
  if (isFilled(memberOf(promptFeedback, "blockReason"))) return true;
  return toArray(candidates).some(isCandidateFilled);
};

function isCandidateFilled(value: Json): boolean {
  if (isFilled(memberOf(value, "finishReason"))) return true;
  const parts = toArray(memberOf(memberOf(value, "content"), "parts"));
  return parts.some((part) => Object.values(toObject(part) ?? {}).some(isFilled));
}
