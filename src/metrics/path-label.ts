/** Makes a bounded `path` label out of any request path. */

import { isApiPath, modelLabel } from "./api-paths.ts";

/** The labels of one forward. */
export interface PathLabels {
  /**
   * The label of a request's path: the well-known API's path, else the matched route's pattern as written, else the
   * path itself with its ids as `:id`. `other` once there are too many. Never throws, for any text.
   *
   * @param path without query
   * @param routePattern the route that took the request, as written in the config
   */
  label(path: string, routePattern?: string): string;
}

export interface PathLabelOptions {
  /**
   * How many labels there may be beside `other`. A quarter is kept for well-known paths and routes, so that somebody who
   * scans for paths can't crowd them out.
   * @default 200
   */
  readonly max?: number;
}

const OTHER = "other";
/** A label's length and its number of segments; what is longer is cut, or is `other`. */
const MAX_LENGTH = 200;
const MAX_SEGMENTS = 10;
/** A longer segment is a value and not a name. */
const MAX_SEGMENT = 48;
/** Raw paths whose label is remembered, and how long they may be: together at most 128 KiB. */
const CACHE_SIZE = 512;
const CACHED_LENGTH = 256;

export function createPathLabels({ max = 200 }: PathLabelOptions = {}): PathLabels {
  const labels = new Set<string>();
  const freeMax = Math.floor(max * 0.75);
  const generalized = new Map<string, string>();

  function generalizeOnce(path: string): string {
    let label = generalized.get(path);
    if (label !== undefined) return label;
    label = generalize(path);
    if (path.length <= CACHED_LENGTH) {
      // Cleared whole: the paths in use are back after one request each.
      if (generalized.size >= CACHE_SIZE) generalized.clear();
      generalized.set(path, label);
    }
    return label;
  }

  function admit(label: string, limit: number): string {
    if (labels.has(label)) return label;
    if (labels.size >= limit) return OTHER;
    labels.add(label);
    return label;
  }

  return {
    label(path, routePattern) {
      const label = generalizeOnce(path);
      if (isApiPath(label)) return admit(label, max);
      if (routePattern !== undefined) return admit(routePattern, max);
      return label === OTHER ? OTHER : admit(label, freeMax);
    },
  };
}

/** The path with ids and model names replaced; `other` for what is too long even so. */
function generalize(path: string): string {
  if (isApiPath(path)) return path;
  const segments = path.split("/", MAX_SEGMENTS + 2);
  let label = "";
  for (let i = 0; i < Math.min(segments.length, MAX_SEGMENTS + 1); i++) {
    if (i > 0) label += "/";
    label += segmentLabel(segments[i] ?? "", segments[i - 1]);
  }
  if (segments.length > MAX_SEGMENTS + 1) label += "/*";
  if (label === "") return "/";
  return label.length > MAX_LENGTH ? OTHER : label;
}

/** Segments that a model's or deployment's name follows. Clients make these names up, and there are thousands. */
const BEFORE_MODEL: ReadonlySet<string> = new Set(["model", "models", "deployments", "engines"]);

function segmentLabel(segment: string, previous: string | undefined): string {
  if (segment === "") return "";
  if (previous !== undefined && BEFORE_MODEL.has(previous)) return modelLabel(segment);
  return isId(segment) ? ":id" : segment;
}

const NUMBER = /^\d+$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const BASE62 = /^[\dA-Za-z]{16,}$/;
/** What OpenAI's and Anthropic's ids begin with: `file-abc`, `batch_6f…`, `msg_01X…`, `chatcmpl-9a…`. */
const PROVIDER_ID = new RegExp(
  `^(?:(?:file|chatcmpl|cmpl|ftjob|ftckpt)-|(?:${[
    "file|batch|msgbatch|resp|msg|req|conv|call|item|rs|fc|asst|thread|run|step|vs|vsfb",
    "upload|part|eval|evalrun|cntr|sess|video|skill",
  ].join("|")})_)[\\w-]+$`,
);
const PRINTABLE = /^[\x21-\x7e]*$/;

/** An id, or a value that can't be a name: too long, or with characters that no URL has. */
function isId(segment: string): boolean {
  return (
    segment.length > MAX_SEGMENT ||
    NUMBER.test(segment) ||
    UUID.test(segment) ||
    PROVIDER_ID.test(segment) ||
    (BASE62.test(segment) && /\d/.test(segment)) ||
    !PRINTABLE.test(segment)
  );
}
