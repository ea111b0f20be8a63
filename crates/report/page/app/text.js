// Words and numbers for people.

const NUMBER = new Intl.NumberFormat("en-US");

export const number = (n) => NUMBER.format(n ?? 0);

export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

/** A part of a whole in percent; a little more than nothing is never 0%, a little less than all never 100%. */
export function percent(part, whole) {
  if (!whole) return "–";
  const exact = (100 * part) / whole;
  if (part > 0 && exact < 1) return "<1%";
  if (part < whole && exact > 99) return ">99%";
  return `${Math.round(exact)}%`;
}

export const AUTH_WORDS = {
  required: "Only who proves an identity gets through.",
  optional: "Anyone may call it; who proves an identity may get more.",
  public: "Anyone may call it, and the code declares it so.",
  none: "Anyone may call it: the whole chain was read and nothing guards it.",
  unknown: "Not known: some link of the chain could not be read. Never read this as safe.",
};

export const CONTROL_WORDS = {
  rate_limit: "Rate limit",
  cors: "CORS",
  csrf: "CSRF protection",
  body_limit: "Body size limit",
  validation: "Input validation",
  logging: "Access log",
  tls: "TLS enforced",
};

export const DOCUMENTED_WORDS = { yes: "In a contract", no: "Not in its contract", unknown: "Not known" };

/** `GET, POST and 2 more`. */
export function listed(words, most = 3) {
  if (words.length <= most) return words.join(", ");
  return `${words.slice(0, most).join(", ")} and ${words.length - most} more`;
}

/** How often each thing occurs, most often first. */
export function tally(items) {
  const map = new Map();
  for (const item of items) map.set(item, (map.get(item) ?? 0) + 1);
  return [...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** A type as people write it: `Item[]`, `string:uuid`, `"a" | "b"`. */
export function typeText(schema) {
  if (schema === true || schema === undefined || schema === null) return "any";
  if (schema === false) return "nothing";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema["x-apicensus-type"]) return schema["x-apicensus-type"];
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  for (const word of ["anyOf", "oneOf"]) if (schema[word]) return [...new Set(schema[word].map(typeText))].join(" | ");
  if (schema.allOf) return schema.allOf.map(typeText).join(" & ");
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type;
  if (type === "array") return `${typeText(schema.items)}[]`;
  if (type === "object" && typeof schema.additionalProperties === "object") return `map of ${typeText(schema.additionalProperties)}`;
  return schema.format ? `${type ?? "string"}:${schema.format}` : (type ?? (schema.properties ? "object" : "any"));
}
