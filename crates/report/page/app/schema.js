// JSON Schemas as a tree of fields. References open on demand, so that types that hold themselves end.
import { h } from "./dom.js";
import { typeText } from "./text.js";

const DEEPEST = 6;

/** What a schema says, following references of the catalog. */
function resolved(model, schema) {
  const seen = new Set();
  while (schema?.$ref && !seen.has(schema.$ref)) {
    seen.add(schema.$ref);
    const name = schema.$ref.replace(/^#\/schemas\//, "");
    const found = model.catalog.schemas?.[name];
    if (!found) return schema;
    schema = found;
  }
  return schema;
}

/** The schema that holds fields: itself, what an array holds, the first of the alternatives that has any. */
function holder(model, schema) {
  let here = resolved(model, schema);
  for (let depth = 0; depth < 4 && here && typeof here === "object"; depth++) {
    if (here.properties) return here;
    const next = here.items ?? [...(here.anyOf ?? []), ...(here.oneOf ?? []), ...(here.allOf ?? [])].find((s) => fieldsOf(model, s).length)
      ?? (typeof here.additionalProperties === "object" ? here.additionalProperties : null);
    if (!next) return null;
    here = resolved(model, next);
  }
  return here?.properties ? here : null;
}

function fieldsOf(model, schema) {
  const here = resolved(model, schema);
  return here?.properties ? Object.keys(here.properties) : [];
}

/** Fields of a schema as a list; a note where it has none. `sensitive` names fields that hold sensitive data. */
export function fields(model, schema, sensitive = new Map(), prefix = "", depth = 0) {
  const here = holder(model, schema);
  if (!here) return depth === 0 ? h("p", { class: "dim small" }, schemaNote(model, schema)) : null;
  const required = new Set(here.required ?? []);
  const items = Object.entries(here.properties).map(([name, field]) => {
    const key = prefix ? `${prefix}.${name}` : name;
    const head = [
      h("span", { class: "field-name mono" }, name),
      required.has(name) ? h("span", { class: "required", title: "required" }, "required") : null,
      h("span", { class: "field-type mono dim" }, typeText(field)),
      sensitive.has(key) ? h("span", { class: "chip warn" }, sensitive.get(key)) : null,
      field?.description ? h("span", { class: "dim small" }, field.description) : null,
    ];
    if (depth < DEEPEST && holder(model, field)) {
      return h("li", {}, h("details", { ontoggle: (event) => openField(event, model, field, sensitive, key, depth) }, h("summary", { class: "field" }, head)));
    }
    return h("li", { class: "field" }, head);
  });
  return h("ul", { class: "fields" }, items);
}

function openField(event, model, field, sensitive, key, depth) {
  const box = event.currentTarget;
  if (box.open && box.children.length === 1) box.append(fields(model, field, sensitive, key, depth + 1));
}

function schemaNote(model, schema) {
  const name = schema?.["x-apicensus-type"];
  if (name) return `Its type, ${name}, is named in the code but could not be read.`;
  const here = resolved(model, schema);
  const text = typeText(here);
  return text === "any" || text === "object" ? "Its fields are not known." : text;
}
