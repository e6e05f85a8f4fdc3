import { expect, it } from "vitest";
import { connectFailure } from "../../../../../adapters/shared/node-api/connect/failure.ts";
import { AttemptsFailed } from "../../../../../adapters/shared/node-api/connect/race.ts";

const failure = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

function thrown(error: unknown): unknown {
  try {
    return connectFailure(error);
  } catch (own) {
    return own;
  }
}

it.each([
  [["ECONNREFUSED", "ECONNREFUSED"], "ECONNREFUSED"],
  [["ETIMEDOUT", "ECONNREFUSED"], "ECONNREFUSED"],
  [["ENETUNREACH", "ETIMEDOUT"], "ENETUNREACH"],
  [["ETIMEDOUT", "ETIMEDOUT"], "ETIMEDOUT"],
  [["ENOTFOUND", "ECONNREFUSED"], "ECONNREFUSED"],
  [["ENOTFOUND", "ETIMEDOUT"], "ETIMEDOUT"],
  [["ENOTFOUND", "ENOTFOUND"], "ENOTFOUND"],
  [["ECONNREFUSED", "EMFILE"], "EMFILE"],
])("attempts that fail with %j are %s together", (codes, code) => {
  const error = thrown(new AttemptsFailed(codes.map(failure)));
  expect(error).toMatchObject({
    code,
    message: [...new Set(codes)].map((each) => `connect ${each}`).join("; "),
  });
});

it("one error stays what it is", () => {
  const error = failure("ECONNREFUSED");
  expect(thrown(new AttemptsFailed([error]))).toBe(error);
  expect(thrown(error)).toBe(error);
});
