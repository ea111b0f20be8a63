// Runs one entry point with its frameworks watched, and prints their routes as lines `= {verb, path, where}`.
// Called by javascript.mjs with the case's folder, the entry and the aliases (`express=express4`).
const fs = require('node:fs');
const inspector = require('node:inspector');
const Module = require('node:module');
const path = require('node:path');

const [root, entry, aliases] = process.argv.slice(2);
const folder = fs.realpathSync(root);
const fromCase = Module.createRequire(path.join(folder, 'x.js'));
const rename = Object.fromEntries(aliases.split(' ').filter(Boolean).map((pair) => pair.split('=')));

const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  return resolve.call(this, rename[name] ?? name, ...rest);
};

// Line-preserving transpilation: TypeScript keeps line numbers only through its source map.
const ts = fromCase('typescript');
const maps = new Map();
const compile = (module, file) => {
  if (file.includes('node_modules')) return original(module, file);
  const text = fs.readFileSync(file, 'utf8');
  const out = ts.transpileModule(text, {
    fileName: file,
    compilerOptions: { module: 'commonjs', target: 'es2022', esModuleInterop: true, experimentalDecorators: true, emitDecoratorMetadata: true, allowJs: true, sourceMap: true },
  });
  maps.set(file, new Module.SourceMap(JSON.parse(out.sourceMapText)));
  module._compile(out.outputText, file);
};
const original = Module._extensions['.js'];
for (const extension of ['.js', '.ts', '.mjs', '.cjs', '.tsx', '.mts']) Module._extensions[extension] = compile;

const session = new inspector.Session();
session.connect();
const scripts = new Map();
session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params.url.replace('file://', '')));
session.post('Debugger.enable');
const post = (method, args) => {
  let answer;
  session.post(method, args, (error, result) => (answer = result));
  return answer;
};

// file:line symbol of a function of the case; '' for one from elsewhere.
function where(fn, symbol) {
  if (typeof fn !== 'function') return '';
  globalThis.__fn = fn;
  let { objectId } = post('Runtime.evaluate', { expression: 'globalThis.__fn' }).result;
  let inner = post('Runtime.getProperties', { objectId, ownProperties: true }).internalProperties ?? [];
  const bound = inner.find((p) => p.name === '[[TargetFunction]]')?.value;
  if (bound) inner = post('Runtime.getProperties', { objectId: bound.objectId, ownProperties: true }).internalProperties ?? [];
  const location = inner.find((p) => p.name === '[[FunctionLocation]]')?.value?.value;
  const file = location && scripts.get(location.scriptId);
  if (!file || !file.startsWith(folder + '/') || file.includes('node_modules')) return '';
  const entry = maps.get(file)?.findEntry(location.lineNumber, location.columnNumber);
  const name = symbol ?? fn.name.replace(/^bound /, '');
  return `${path.relative(folder, file)}:${(entry?.originalLine ?? location.lineNumber) + 1} ${name ?? ''}`.trim();
}

const say = (verb, route, at) => console.log('= ' + JSON.stringify({ verb, path: route || '/', where: at }));
const template = (text) =>
  String(text)
    .replace(/:(\w+)(\((?:[^()]|\([^()]*\))*\))?/g, '{$1}')
    .replace(/\*(\w+)/g, '{$1}');
const join = (prefix, rest) => {
  const tail = rest === '/' && prefix ? '' : rest;
  return (prefix.replace(/\/$/, '') + (tail && !tail.startsWith('/') ? '/' : '') + tail) || '/';
};

const roots = new Set();
const pending = [];
const watch = (name, install) => {
  let loaded;
  try {
    loaded = fromCase(name);
  } catch {
    return;
  }
  install(loaded);
};

// Express 4 and 5: routers keep no prefix, so `use` notes it on the layers it adds.
watch(rename.express ?? 'express', (express) => {
  const note = (owner, stackOf, wrapApps) => {
    const use = owner.use;
    owner.use = function (...args) {
      const stack = () => stackOf(this)?.stack ?? [];
      const before = stack().length;
      const first = Array.isArray(args[0]) && args[0].length && typeof args[0].flat(9)[0] !== 'function' ? args[0] : [args[0]];
      const prefixes = first.every((p) => typeof p === 'string' || p instanceof RegExp) ? first : ['/'];
      const fns = args.flat(Infinity).filter((a) => typeof a === 'function');
      const result = use.apply(this, args);
      const children = fns.filter((fn) => fn.handle && fn.set);
      for (const layer of stack().slice(before)) {
        layer.__prefixes ??= prefixes;
        if (wrapApps && layer.name === 'mounted_app') {
          layer.__app = children.shift();
          roots.delete(layer.__app);
        }
      }
      return result;
    };
  };
  note(express.Router.prototype?.use ? express.Router.prototype : express.Router, (router) => router, false);
  note(express.application, routerOf, true);
  const init = express.application.init;
  express.application.init = function () {
    roots.add(this);
    return init.call(this);
  };
  express.application.listen = function () {
    return { on() {}, close() {}, address: () => ({}) };
  };
});

// Express 4 makes `_router` on first use and throws on `router`; Express 5 only has `router`.
function routerOf(app) {
  if (app._router || app.lazyrouter) return app._router;
  return app.router;
}

function express(stack, prefix) {
  for (const layer of stack ?? []) {
    if (layer.route) {
      const paths = [layer.route.path].flat();
      const last = new Map();
      for (const inner of layer.route.stack) last.set(inner.method ?? '_all', inner.handle);
      for (const one of paths) {
        const full = template(one instanceof RegExp ? prefix + one : join(prefix, one));
        if (last.has('_all') || last.size > 20) say('ANY', full, where([...last.values()].pop()));
        else for (const [verb, handle] of last) say(verb.toUpperCase(), full, where(handle));
      }
    } else {
      const inner = layer.__app ? routerOf(layer.__app) : layer.handle;
      if (inner?.stack) for (const one of layer.__prefixes ?? ['/']) express(inner.stack, join(prefix, template(one)));
    }
  }
}

// Koa: every router of a composed middleware carries `.router`; koa-mount is noted as it is called.
const koa = (fns, prefix) => {
  for (const fn of fns) {
    if (fn.__mount) {
      koa(fn.__mount.app.middleware ?? [fn.__mount.app], join(prefix, fn.__mount.prefix));
      continue;
    }
    for (const layer of fn.router?.stack ?? []) {
      const handle = layer.stack[layer.stack.length - 1];
      if (handle.router || !layer.methods.length) continue;
      const verbs = layer.methods.filter((m) => m !== 'HEAD' || !layer.methods.includes('GET'));
      const full = template(layer.path instanceof RegExp ? prefix + layer.path : prefix === '' ? layer.path : join(prefix, layer.path));
      if (verbs.length > 20) say('ANY', full, where(handle));
      else for (const verb of verbs) say(verb, full, where(handle));
    }
  }
};
watch('koa', (Koa) => {
  const apps = Koa.default ?? Koa;
  apps.prototype.listen = function () {
    roots.add(this);
    return { on() {}, close() {} };
  };
});
watch('koa-mount', (mount) => {
  const file = fromCase.resolve('koa-mount');
  require.cache[file].exports = function (prefix, app) {
    const fn = mount(...arguments);
    fn.__mount = typeof prefix === 'string' ? { prefix, app } : { prefix: '/', app: prefix };
    return fn;
  };
});

// Fastify tells each route as it is added.
watch('fastify', (fastify) => {
  const file = fromCase.resolve('fastify');
  const made = function (...args) {
    const app = fastify(...args);
    app.addHook('onRoute', (route) => {
      for (const verb of [route.method].flat()) {
        if (verb === 'HEAD' && [route.method].flat().length === 1 && route.exposeHeadRoute !== true && fastifyHeads.has(route.handler)) continue;
        fastifyHeads.add(route.handler);
        const all = [route.method].flat().length > 6;
        say(route.websocket ? 'WS' : all ? 'ANY' : verb, template(route.url), where(route.wsHandler ?? route.handler, undefined));
        if (all) break;
      }
    });
    app.listen = () => app.ready();
    pending.push(app);
    return app;
  };
  Object.assign(made, fastify, { fastify: made, default: made });
  require.cache[file].exports = made;
});
const fastifyHeads = new Set();

// Nest is created for real; routes are read off the Express underneath, handlers by what the explorer bound.
const nest = [];
watch('@nestjs/core', (core) => {
  const create = core.NestFactory.create.bind(core.NestFactory);
  core.NestFactory.create = async (module, ...rest) => {
    const app = await create(module, { logger: false, abortOnError: false });
    nest.push(app);
    app.listen = async () => {
      await app.init();
    };
    return app;
  };
});
let explored = () => {};
watch('@nestjs/core/router/router-explorer', ({ RouterExplorer }) => {
  const apply = RouterExplorer.prototype.applyCallbackToRouter;
  RouterExplorer.prototype.applyCallbackToRouter = function (router, definition, wrapper, ...rest) {
    const { targetCallback, methodName, requestMethod } = definition;
    const verb = fromCase('@nestjs/common').RequestMethod[requestMethod];
    explored = (route) => say(verb === 'ALL' ? 'ANY' : verb, template(route), method(wrapper.metatype ?? wrapper.instance.constructor, methodName, targetCallback));
    const seen = new Proxy(router, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...args) => {
          if (typeof args[0] === 'string' && typeof args[1] === 'function') explored(args[0]);
          return value.apply(target, args);
        };
      },
    });
    return apply.call(this, seen, definition, wrapper, ...rest);
  };
});
function method(type, name, callback) {
  let owner = type;
  while (owner && !Object.getOwnPropertyDescriptor(owner.prototype ?? {}, name)) owner = Object.getPrototypeOf(owner);
  return where(owner?.prototype[name] ?? callback, `${owner?.name ?? type.name}.${name}`);
}

// Hapi gives its table.
const hapis = [];
watch('@hapi/hapi', (hapi) => {
  const file = fromCase.resolve('@hapi/hapi');
  const made = function (...args) {
    const server = hapi.server(...args);
    server.start = () => server.initialize();
    hapis.push(server);
    return server;
  };
  require.cache[file].exports = { ...hapi, server: made, Server: made };
});

// Hono lists its routes, middleware among them; an application given to `route` is copied into the other.
const honos = new Set();
for (const name of ['hono', '@hono/zod-openapi']) {
  watch(name, (hono) => {
    const key = name === 'hono' ? 'Hono' : 'OpenAPIHono';
    class Watched extends hono[key] {
      constructor(...args) {
        super(...args);
        honos.add(this);
        const route = this.route;
        this.route = (at, app) => {
          honos.delete(app);
          return route.call(this, at, app);
        };
      }
    }
    Object.defineProperty(Watched, 'name', { value: key });
    require.cache[fromCase.resolve(name)].exports = { ...hono, [key]: Watched };
  });
}
function tell(app) {
  const last = new Map();
  for (const { method, path: at, handler } of app.routes) {
    if (method !== 'ALL' || handler.length < 2) last.set(`${method} ${at}`, handler);
  }
  for (const [line, handler] of last) {
    const [verb, at] = line.split(' ');
    say(verb === 'ALL' ? 'ANY' : verb, template(at.replace(/\{[^}]*\}/g, '')), where(handler));
  }
}

async function main() {
  fromCase(path.join(folder, entry));
  for (let turn = 0; turn < 50; turn++) await new Promise((done) => setTimeout(done, 5));
  for (const app of pending) await app.ready();
  for (const server of hapis) {
    for (const { method, path: at, settings } of server.table()) {
      say(method === '*' ? 'ANY' : method.toUpperCase(), at.replace(/\{(\w+)\*\d*\}/g, '{$1}'), where(settings.handler));
    }
  }
  for (const app of honos) tell(app);
  for (const app of roots) {
    if (app.middleware) koa(app.middleware, '');
    else if (!nest.length) express(routerOf(app)?.stack, '');
  }
  process.exit(0);
}
main().catch((error) => {
  console.error('oracle:', error);
  process.exit(1);
});
