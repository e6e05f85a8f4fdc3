/** The words that providers put into an error's `code`, `type`, `status` or `reason`. */

import type { Meaning, Sense } from "./meaning.ts";

/** Words of errors that refuse the request's content. Their messages may quote the client's text. */
const CONTENT = `content_filter content_policy_violation contentpolicyviolationerror moderation_blocked
  data_inspection_failed datainspectionfailed responsibleaipolicyviolation safety prohibited_content recitation refusal
  1301`;

/**
 * Words by status and meaning, in lowercase; camel case is one word.
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 * @see https://docs.anthropic.com/en/api/errors
 * @see https://cloud.google.com/apis/design/errors#error_codes
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
 * @see https://help.aliyun.com/zh/model-studio/error-code
 * @see https://docs.bigmodel.cn/cn/api/api-code
 * @see https://platform.moonshot.ai/docs/api/chat#error-handling
 * @see https://www.volcengine.com/docs/82379/1299023
 * @see https://huggingface.co/docs/text-generation-inference/reference/api_reference
 */
const GROUPS: readonly (readonly [status: number, meaning: Meaning | undefined, words: string])[] = [
  [
    400,
    "context_length",
    `context_length_exceeded contextwindowexceedederror context_window_exceeded exceed_context_size_error
     model_context_window_exceeded model_max_prompt_tokens_exceeded tokens_limit_reached
     1261`,
  ],
  [
    400,
    undefined,
    `invalid_request_error invalid_request invalid_prompt badrequesterror bad_request badrequest invalid_argument
     invalid_parameter_error invalidparameter invalid_input_argument failed_precondition out_of_range
     validation validation_error validationexception invalid_value unsupported_value unsupported_parameter
     1210 1211 1213 1214`,
  ],
  [400, undefined, CONTENT],
  [
    401,
    "invalid_key",
    `invalid_api_key invalidapikey invalid_authentication_error api_key_invalid api_key_expired incorrect_api_key
     account_deactivated unrecognizedclientexception invalidclienttokenid expiredtokenexception expiredtoken`,
  ],
  [401, undefined, "authentication_error authenticationerror unauthenticated unauthorized"],
  [
    402,
    "insufficient_quota",
    `billing_error billing_hard_limit_reached billing_not_active billing_disabled insufficient_balance
     insufficient_credits insufficient_funds payment_required credit_limit arrearage accountoverdueerror
     allocationquota.freetieronly`,
  ],
  [429, "insufficient_quota", "insufficient_quota exceeded_current_quota_error 1113"],
  [
    403,
    undefined,
    "permission_error permission_denied permissiondeniederror forbidden accessdeniedexception",
  ],
  [404, undefined, "not_found_error not_found notfounderror model_not_found resourcenotfoundexception"],
  [413, undefined, "request_too_large"],
  [422, undefined, "unprocessableentityerror unprocessable_entity"],
  [
    429,
    "rate_limit",
    `rate_limit_error rate_limit_exceeded rate_limit ratelimiterror ratelimitreached rate_limit_reached_error tokens
     requests resource_exhausted too_many_requests toomanyrequests throttlingexception throttling
     throttling.ratequota throttling.allocationquota throttling.burstrate limit_requests limit_burst_rate
     servicequotaexceededexception setlimitexceeded requestbursttoofast rate_limited
     1302 1303 1304 1308`,
  ],
  [429, "overloaded", "engine_overloaded_error 1305 1312"],
  [503, "overloaded", "unavailable service_unavailable server_overloaded slow_down modelnotreadyexception"],
  [529, "overloaded", "overloaded_error overloaded"],
  [504, undefined, "timeout_error timeout deadline_exceeded modeltimeoutexception gateway_timeout"],
  [
    500,
    undefined,
    "server_error internal_server_error internalservererror internal internalserverexception api_error",
  ],
];

const WORDS: ReadonlyMap<string, Sense> = new Map(
  GROUPS.flatMap(([status, meaning, words]) => words.split(/\s+/).map((word) => [word, { status, meaning }])),
);

const ABOUT_CONTENT: ReadonlySet<string> = new Set(CONTENT.split(/\s+/));

/** Whether a word of an error says that the request's content is refused. */
export function isAboutContent(word: string): boolean {
  return ABOUT_CONTENT.has(word.toLowerCase());
}

/** The status and the meaning of a word of an error, in any case; undefined for an unknown one. */
export function senseOfWord(word: string): Sense | undefined {
  return WORDS.get(word.toLowerCase());
}
