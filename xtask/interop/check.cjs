// Validates files with the npm packages that own their formats: `check.cjs KIND FILE...`. A line for each fault; exit 1 if there is one.
// MODULES names the folder that has node_modules.
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const load = createRequire(path.join(process.env.MODULES, "package.json"));
const [kind, ...files] = process.argv.slice(2);
let faults = 0;

function fault(file, text) {
  faults += 1;
  console.log(`${file}: ${String(text).slice(0, 300)}`);
}

const text = (file) => fs.readFileSync(file, "utf8");

function below(folder, ending) {
  return fs.readdirSync(folder, { recursive: true }).map(String).filter((n) => n.endsWith(ending)).map((n) => path.join(folder, n));
}

const kinds = {
  async asyncapi(file) {
    const { Parser } = load("@asyncapi/parser");
    const { diagnostics, document } = await new Parser().parse(text(file));
    diagnostics.filter((d) => d.severity === 0).forEach((d) => fault(file, `${d.path.join("/")} ${d.message}`));
    if (!document) fault(file, "no document");
  },
  async graphql(folder) {
    const { buildSchema, validateSchema } = load("graphql");
    for (const file of below(folder, ".graphql")) {
      validateSchema(buildSchema(text(file))).forEach((e) => fault(file, e.message));
    }
  },
  async har(file) {
    await load("har-validator").har(JSON.parse(text(file)));
  },
  async backstage(file) {
    const model = load("@backstage/catalog-model");
    const entities = load("yaml").parseAllDocuments(text(file)).map((d) => d.toJSON());
    const policy = model.EntityPolicies.allOf([
      new model.SchemaValidEntityPolicy(),
      new model.DefaultNamespaceEntityPolicy(),
      new model.NoForeignRootFieldsEntityPolicy(),
      new model.FieldFormatEntityPolicy(),
    ]);
    for (const entity of entities) {
      await policy.enforce(entity);
      const validator = entity.kind === "API" ? model.apiEntityV1alpha1Validator : model.componentEntityV1alpha1Validator;
      if (!(await validator.check(entity))) fault(file, `${entity.kind} ${entity.metadata.name}`);
    }
    if (entities.length < 2) fault(file, "no entities");
  },
  async bruno(folder) {
    const { bruToJsonV2, bruToEnvJsonV2 } = load("@usebruno/lang");
    for (const file of below(folder, ".bru")) {
      const parsed = file.includes("environments") ? bruToEnvJsonV2(text(file)) : bruToJsonV2(text(file));
      if (!file.includes("environments") && !parsed.http.url) fault(file, "no URL");
    }
  },
  async postman(file) {
    const { Collection } = load("postman-collection");
    const collection = new Collection(JSON.parse(text(file)));
    let requests = 0;
    collection.forEachItem((item) => {
      requests += 1;
      if (!item.request.url.toString().startsWith("{{baseUrl")) fault(file, `${item.name}: ${item.request.url}`);
    });
    if (!requests) fault(file, "no requests");
  },
};

(async () => {
  for (const file of files) {
    try {
      await kinds[kind](file);
    } catch (error) {
      fault(file, (error.errors && JSON.stringify(error.errors)) || error.message || error);
    }
  }
  process.exit(faults ? 1 : 0);
})();
