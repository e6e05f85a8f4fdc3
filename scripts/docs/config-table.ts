/** The tables of options in docs/configuration.md: ranges and defaults from a JSON Schema, meanings from comments. */

/** A JSON Schema, as far as the tables look into it. */
export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  /** The program's own: the key that this one is another name of. */
  readonly aliasOf?: string;
  readonly enum?: readonly unknown[];
}

interface Option {
  /** `upstreams[].auth.token` */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Gives a comment as one line, "" where there is none. */
type CommentOf = (path: string) => string;

/** Blocks that have a table of their own, by their path. */
const SECTIONS = ["http_server.forwards[]", "http_server.admin", "upstreams[]", "upstream_groups[]"] as const;

/**
 * Markdown of one table for each list of blocks, and one for what stands beside them.
 *
 * @param commentOf an option, by its path; one without a comment is shown without a meaning
 */
export function configTables(schema: JsonSchema, commentOf: CommentOf): string {
  const options = optionsOf(schema, "").filter(({ path }) => !(SECTIONS as readonly string[]).includes(path));
  const sectionOf = (path: string) => SECTIONS.find((section) => path.startsWith(`${section}.`));
  const tables = SECTIONS.map((section) => {
    const own = options.filter(({ path }) => sectionOf(path) === section);
    return `### ${section}\n\n${table(own, `${section}.`, commentOf)}`;
  });
  const named = SECTIONS.map((section) => section.replace("[]", ""));
  const others = options.filter(
    ({ path }) => sectionOf(path) === undefined && !named.some((name) => name.startsWith(path)),
  );
  return [...tables, `### Top level\n\n${table(others, "", commentOf)}`].join("\n\n");
}

/** Every option that does something, in the schema's order, a block before what is in it. */
export function optionsOf(schema: JsonSchema, path: string): readonly Option[] {
  if (schema.items !== undefined) return optionsOf(schema.items, `${path}[]`);
  return Object.entries(schema.properties ?? {}).flatMap(([key, one]) => {
    // Of what is accepted and not used the schema says nothing at all.
    if (one.description === undefined && childrenOf(one) === undefined) return [];
    const own = path === "" ? key : `${path}.${key}`;
    return [
      { path: own, schema: one, required: schema.required?.includes(key) === true },
      ...optionsOf(one, own),
    ];
  });
}

function childrenOf({ properties, items }: JsonSchema): unknown {
  return properties ?? items?.properties;
}

function table(options: readonly Option[], prefix: string, commentOf: CommentOf): string {
  const rows = options.map((option) => {
    const { aliasOf } = option.schema;
    const comment = aliasOf === undefined ? commentOf(option.path) : `Another name of \`${aliasOf}\`.`;
    const cells = [
      `\`${option.path.slice(prefix.length)}\``,
      allowedOf(option.schema),
      defaultOf(option, comment),
      meaningOf(comment),
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| key | allowed | default | |", "|---|---|---|---|", ...rows].join("\n");
}

function allowedOf(schema: JsonSchema): string {
  if (schema.properties !== undefined) return "a block";
  const text = schema.description ?? "a list";
  return text === "a list" && schema.items?.description !== undefined
    ? `a list, each ${schema.items.description}`
    : text;
}

function defaultOf({ schema, required }: Option, comment: string): string {
  if (required || /\brequired\b/i.test(comment)) return "required";
  const { default: fallback } = schema;
  if (Array.isArray(fallback)) return "none";
  if (fallback !== undefined && typeof fallback !== "object") return `\`${String(fallback)}\``;
  const without = /Without this block: ([^.]+)\./.exec(comment)?.[1];
  if (without !== undefined) return without;
  if (fallback !== undefined) return "";
  const [, no, text] = /\b(no )?default:?((?: (?:[^.]|\.(?=\S))+)?)\./i.exec(comment) ?? [];
  if (no !== undefined) return "none";
  const words = text?.trim() ?? "";
  return words === "" || words.includes(" ") ? words : `\`${words}\``;
}

/** A comment without what the other columns say. */
function meaningOf(comment: string): string {
  const sentences = comment.split(/(?<=\.\)?) /);
  return sentences
    .map((sentence) =>
      sentence.replace(/(?:^|[,;] )(?:required, )?(?:no )?default\b(?:[^.]|\.(?=\S))*\.$/i, "."),
    )
    .filter(
      (sentence) =>
        !/^(?:\.|From [\d.]+ to [\d.]+\.|At least (?:one|\d+ bytes?, as .*)\.|Without this block: .*)$/.test(
          sentence,
        ),
    )
    .join(" ");
}
