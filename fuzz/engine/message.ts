/** What a child tells its parent. Inputs are base64. */

export type Message =
  /** At least once a second, between two executions. */
  | {
      readonly type: "alive";
      readonly executions: number;
      readonly branches: number;
      readonly corpus: number;
    }
  /** An input that showed something new. */
  | { readonly type: "kept"; readonly input: string }
  | { readonly type: "finding"; readonly input: string; readonly what: string };
