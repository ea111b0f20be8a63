//! JavaScript: Object, Array, Map, Promise, path, fs listings, interop helpers of compilers, lodash-like helpers.

use crate::files;
use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    pub(super) fn js_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let first = args.at(0).cloned();
        let alias = ["lodash-es.", "es-toolkit/compat.", "es-toolkit.", "underscore.", "lodash/", "lodash-es/", "lodash."]
            .iter()
            .find_map(|p| symbol.strip_prefix(p))
            .map(|name| format!("lodash.{name}"));
        let symbol = alias.as_deref().unwrap_or(symbol);
        match symbol {
            "Object.entries"
            | "Object.keys"
            | "Object.values"
            | "Object.getOwnPropertyNames"
            | "Reflect.ownKeys"
            | "lodash.keys"
            | "lodash.values"
            | "lodash.toPairs" => self.object_list(symbol, &first?, at),
            "Object.assign" | "lodash.assign" | "lodash.merge" | "lodash.extend" | "lodash.defaults" | "util._extend" | "__assign"
            | "tslib.__assign" => self.assign_object(args),
            "Object.freeze"
            | "Object.seal"
            | "Object.preventExtensions"
            | "structuredClone"
            | "lodash.cloneDeep"
            | "lodash.clone"
            | "Promise.resolve"
            | "Object"
            | "__importDefault"
            | "__importStar"
            | "_interopRequireDefault"
            | "_interopRequireWildcard"
            | "tslib.__importDefault"
            | "tslib.__importStar"
            | "__toESM"
            | "util.promisify"
            | "lodash.once"
            | "lodash.memoize"
            | "Object.getPrototypeOf"
            | "_interopDefault"
            | "_interop_require_default"
            | "_interop_require_wildcard"
            | "__toCommonJS"
            | "lodash.chain"
            | "decodeURIComponent"
            | "encodeURI"
            | "lodash.debounce"
            | "lodash.sortBy"
            | "lodash.orderBy"
            | "lodash.uniq"
            | "lodash.uniqBy"
            | "lodash.compact"
            | "interopDefault" => first,
            "Object.fromEntries" | "Map" | "WeakMap" | "lodash.fromPairs" => self.map_of(first.as_ref(), at),
            "Set" | "WeakSet" | "Array.from" | "Array" | "Array.of" => self.array_of(symbol, args, at),
            "Array.isArray" | "lodash.isArray" => Some(match first? {
                Value::List(_) => Value::Bool(true),
                Value::Unknown(_) | Value::Symbol(_) | Value::Either(_) | Value::Default(_) => return None,
                _ => Value::Bool(false),
            }),
            "Object.create" => {
                let dict = Rc::new(Dict::default());
                if let Some(proto) = first.filter(|p| !matches!(p, Value::Null)) {
                    if let Value::Class(class) = self.force(&proto) {
                        return Some(Value::Class(class));
                    }
                    *dict.proto.borrow_mut() = Some(proto);
                }
                Some(Value::Dict(dict))
            }
            "Object.defineProperty" | "Reflect.defineProperty" => self.define_property(args, at),
            "Object.defineProperties" => first,
            "Object.setPrototypeOf" => {
                let target = first?;
                if let (Value::Class(class), Some(base)) = (&target, args.at(1)) {
                    class.bases.borrow_mut().push(base.clone());
                }
                Some(target)
            }
            "util.inherits" | "inherits" | "__extends" => {
                if let (Some(Value::Function(f)), Some(base)) = (first, args.at(1)) {
                    let class = self.class_of_function(&f);
                    class.bases.borrow_mut().push(base.clone());
                }
                Some(Value::Null)
            }
            "__exportStar" | "tslib.__exportStar" | "_export_star" => {
                if let Some(Value::Dict(target)) = args.at(1).map(|v| self.force(v)) {
                    self.merge_into(&target, &first?);
                }
                Some(Value::Null)
            }
            "__createBinding" | "tslib.__createBinding" | "__export" | "_export" => self.create_binding(symbol, args, at),
            "tslib.__decorate" => Some(self.emitted_decorators(args)),
            "__awaiter" | "tslib.__awaiter" => {
                let f = args.items.last()?.clone();
                Some(self.call_value(&f, Args::default(), at))
            }
            "String" | "encodeURIComponent" => Some(Value::Text(Rc::new(self.to_text(&first?, at)))),
            "Number" | "parseInt" | "parseFloat" => match first? {
                Value::Number(n) => Some(Value::Number(n)),
                default @ Value::Default(_) => {
                    let number = default.as_number().or_else(|| default.as_str()?.trim().parse().ok())?;
                    Some(Value::Default(Rc::new(Value::Number(number))))
                }
                other => other.as_str()?.trim().parse().ok().map(Value::Number),
            },
            "Boolean" => {
                let value = first?;
                self.truth(&value).map(Value::Bool)
            }
            "Promise.all" | "Promise.allSettled" | "Promise.race" => Some(first?),
            "Promise" => {
                let f = first?;
                Some(self.run_executor(&f, at))
            }
            "setTimeout" | "setImmediate" | "process.nextTick" | "queueMicrotask" | "process.on" => {
                if let Some(f @ Value::Function(_)) = first {
                    self.call_value(&f, Args::default(), at);
                }
                Some(Value::Null)
            }
            "require.resolve" => first,
            "url.fileURLToPath" | "fileURLToPath" | "url.pathToFileURL" => match first? {
                url @ Value::Dict(_) => self.get_attr(&url, "pathname", None),
                path => Some(path),
            },
            "URL" | "url.URL" => self.url(args),
            "process.cwd" => Some(self.package_folder(at)),
            "lodash.forEach" | "lodash.each" | "lodash.map" | "lodash.forOwn" | "lodash.mapValues" => self.lodash_each(symbol, args, at),
            "lodash.get" => {
                let mut value = first?;
                for key in args.at(1)?.as_str()?.split('.') {
                    value = self.get_attr(&value, key, Some(at))?;
                }
                Some(value)
            }
            _ => self.data_call(symbol, args, at).or_else(|| self.js_paths(symbol, args, at)),
        }
    }

    fn run_executor(&mut self, f: &Value, at: Place) -> Value {
        self.call_value(f, Args::default(), at);
        Value::unknown("Promise", "what a promise resolves to is not followed", Some(at))
    }

    fn object_list(&mut self, symbol: &str, value: &Value, at: Place) -> Option<Value> {
        let (keys, mut open) = match self.force(value) {
            Value::Symbol(_) | Value::Unknown(_) => (Vec::new(), true),
            other => self.keys_of(&other),
        };
        let kind = symbol.rsplit('.').next().unwrap_or(symbol);
        let items = keys
            .into_iter()
            .map(|key| match kind {
                "keys" | "getOwnPropertyNames" | "ownKeys" => key,
                _ => {
                    let item = self.index(value, &key, at);
                    if kind == "values" { item } else { Value::list(vec![key, item]) }
                }
            })
            .collect();
        // A class's own methods, for prototype walks.
        if let Value::Class(class) = self.force(value) {
            let names: Vec<Value> = class.attrs.borrow().keys().map(|n| Value::text(n.clone())).collect();
            return Some(Value::list(names));
        }
        open &= !matches!(value, Value::List(_));
        let list = Value::list(items);
        if let Value::List(l) = &list {
            l.open.set(open);
        }
        Some(list)
    }

    fn assign_object(&mut self, args: &Args) -> Option<Value> {
        let target = self.force(args.at(0)?);
        for source in args.items.get(1..).unwrap_or_default() {
            match &target {
                Value::Dict(dict) => self.merge_into(dict, source),
                other => {
                    let (keys, _) = self.keys_of(source);
                    for key in keys {
                        let value = self.index(source, &key, crate::interp::attr::NOWHERE);
                        if let Some(name) = key.as_str() {
                            self.set_attr(other, &name, value, crate::interp::attr::NOWHERE);
                        }
                    }
                }
            }
        }
        Some(target)
    }

    fn map_of(&mut self, entries: Option<&Value>, at: Place) -> Option<Value> {
        let dict = Dict::default();
        if let Some(entries) = entries.filter(|e| !matches!(e, Value::Null)) {
            let (items, open) = self.items_of(entries, at);
            for item in items {
                let (pair, _) = self.items_of(&item, at);
                if let [key, value, ..] = pair.as_slice() {
                    dict.set(key, value.clone());
                }
            }
            dict.open.set(open);
        }
        Some(Value::Dict(Rc::new(dict)))
    }

    fn array_of(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let kind = if symbol.ends_with("Set") { apicensus_syntax::ListKind::Set } else { apicensus_syntax::ListKind::List };
        let (mut items, open) = match (symbol, args.at(0)) {
            ("Array.of", _) => (args.items.clone(), args.open),
            (_, Some(value)) => self.items_of(value, at),
            (_, None) => (Vec::new(), false),
        };
        if symbol == "Array.from"
            && let Some(f) = args.at(1)
        {
            let f = f.clone();
            items = items.into_iter().map(|v| self.callback(&f, vec![v], at)).collect();
        }
        let list = Value::of_kind(kind, items);
        if let Value::List(l) = &list {
            l.open.set(open);
        }
        Some(list)
    }

    fn define_property(&mut self, args: &Args, at: Place) -> Option<Value> {
        let target = self.force(args.at(0)?);
        let name = args.at(1)?.as_str()?;
        let descriptor = args.at(2)?.clone();
        if name == "__esModule" {
            if let Value::Dict(exports) = &target {
                exports.es.set(true);
            }
            return Some(target);
        }
        let getter = self.get_attr(&descriptor, "get", None).filter(|g| matches!(g, Value::Function(_)));
        match (getter, &target) {
            (Some(Value::Function(getter)), Value::Dict(dict)) => {
                dict.getters.borrow_mut().insert(name.clone(), getter);
                // An entry too, so that listings see it; it is read through the getter.
                let value = self.get_attr(&target, &name, None).unwrap_or(Value::Null);
                if !matches!(value, Value::Null) {
                    dict.set(&Value::text(name), value);
                }
            }
            (Some(getter @ Value::Function(_)), _) => {
                let value = self.call_value(&getter, Args::default(), at);
                self.set_attr(&target, &name, value, at);
            }
            _ => {
                if let Some(value) = self.get_attr(&descriptor, "value", None) {
                    self.set_attr(&target, &name, value, at);
                }
            }
        }
        Some(target)
    }

    fn create_binding(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        if symbol.ends_with("__createBinding") {
            let name = args.at(2)?.as_str()?;
            let to = args.at(3).and_then(Value::as_str).unwrap_or_else(|| name.clone());
            let value = self.get_attr(&args.at(1)?.clone(), &name, Some(at))?;
            self.set_attr(&args.at(0)?.clone(), &to, value, at);
            return Some(Value::Null);
        }
        // `__export(target, { name: () => value })`
        let (target, all) = (args.at(0)?.clone(), args.at(1)?.clone());
        if let (Value::Dict(target), Value::Dict(all)) = (self.force(&target), self.force(&all)) {
            for (key, value) in all.entries.borrow().values() {
                if let (Some(name), Value::Function(getter)) = (key.as_str(), value) {
                    target.getters.borrow_mut().insert(name, getter.clone());
                }
            }
        }
        Some(Value::Null)
    }

    fn lodash_each(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let collection = self.force(args.at(0)?);
        let f = args.at(1)?.clone();
        let mut results = Vec::new();
        let pairs: Vec<(Value, Value)> = match &collection {
            Value::Dict(dict) => dict.entries.borrow().values().cloned().collect(),
            other => self.items_of(other, at).0.into_iter().enumerate().map(|(i, v)| (Value::Number(i as f64), v)).collect(),
        };
        for (key, value) in pairs {
            results.push(self.callback(&f, vec![value, key], at));
        }
        Some(if symbol.ends_with("map") { Value::list(results) } else { collection })
    }

    fn js_paths(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        // One of several paths: each of them.
        let choice = args.items.iter().position(|v| matches!(v, Value::Either(_)));
        if let (Some(index), true) = (choice, symbol.starts_with("path.") || symbol.contains("glob")) {
            let results: Vec<Value> = args.items[index]
                .alternatives()
                .into_iter()
                .filter_map(|one| {
                    let mut all = args.clone();
                    all.items[index] = one;
                    self.js_paths(symbol, &all, at)
                })
                .collect();
            return Some(if symbol.starts_with("path.") { Value::either(results) } else { self.joined_lists(&results, at) });
        }
        match symbol {
            "path.join" | "path.resolve" | "path.posix.join" | "url.resolve" | "url-join" | "path.posix.resolve" => {
                Some(self.node_path_join(symbol, args, at))
            }
            "path.basename" | "path.parse" | "path.dirname" | "path.extname" | "path.relative" | "path.normalize" => {
                self.path_part(symbol, args)
            }
            "fs.readdirSync"
            | "fs.readdir"
            | "fs.promises.readdir"
            | "fs/promises.readdir"
            | "fs-extra.readdir"
            | "fs-extra.readdirSync" => self.listing(args),
            "fs.existsSync" | "fs-extra.existsSync" => {
                let path = args.at(0)?.as_str()?;
                let path = normal(&path);
                let known = self.input.files.find(path.trim_start_matches('/')).is_some()
                    || self.input.files.is_folder(path.trim_start_matches('/'));
                known.then_some(Value::Bool(true))
            }
            "fs.statSync" | "fs.lstatSync" | "fs-extra.statSync" => {
                let path = normal(&args.at(0)?.as_str()?);
                let text = path.trim_start_matches('/');
                let is_folder = self.input.files.is_folder(text);
                Some(Value::dict([("@folder".into(), Value::Bool(is_folder)), ("@path".into(), Value::text(path))]))
            }
            "glob.sync" | "glob.globSync" | "glob" | "glob.glob" | "fast-glob.sync" | "fast-glob.globSync" | "fast-glob"
            | "globby.sync" | "globby.globbySync" | "globby.globby" | "tiny-glob/sync" | "tiny-glob" | "globby" => self.glob(args, at),
            "auto-load" | "require-all" | "require-dir" | "require-directory" | "include-all" => self.require_folder(symbol, args, at),
            _ => None,
        }
    }

    /// `path.join` and its kin.
    fn node_path_join(&mut self, symbol: &str, args: &Args, at: Place) -> Value {
        let mut all = Text::default();
        for item in &args.items {
            let text = self.to_text(item, at);
            if symbol.ends_with("resolve") && text.starts_with("/") == Some(true) {
                all = Text::default();
            }
            if !all.is_empty() && !text.is_empty() && all.ends_with("/") != Some(true) && text.starts_with("/") != Some(true) {
                all.push_str("/");
            }
            all.push(&text);
        }
        Value::Text(Rc::new(match all.known() {
            Some(known) if known.contains("./") || known.contains("//") || known.ends_with("/..") => {
                Text::plain(normal(&known), all.place())
            }
            _ => all,
        }))
    }

    /// `new URL('./x', import.meta.url)`: a path of the tree.
    fn url(&mut self, args: &Args) -> Option<Value> {
        let (path, base) = (args.at(0)?.as_str()?, args.at(1)?.as_str()?);
        if !base.starts_with('/') {
            return None;
        }
        let path = Value::text(normal(&format!("{}/{path}", files::parent(&base))));
        Some(Value::dict([("pathname".into(), path.clone()), ("href".into(), path)]))
    }

    fn joined_lists(&mut self, lists: &[Value], at: Place) -> Value {
        Value::list(lists.iter().flat_map(|l| self.items_of(l, at).0).collect())
    }

    fn path_part(&mut self, symbol: &str, args: &Args) -> Option<Value> {
        let path = args.at(0)?.as_str()?;
        let base = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let stem = |base: &str| base.rfind('.').filter(|i| *i > 0).map_or(base.to_owned(), |i| base[..i].to_owned());
        Some(match symbol {
            "path.basename" => {
                let ending = args.at(1).and_then(Value::as_str).unwrap_or_default();
                Value::text(base.strip_suffix(ending.as_str()).unwrap_or(base))
            }
            "path.dirname" => Value::text(files::parent(&path)),
            "path.extname" => Value::text(&base[stem(base).len()..]),
            "path.normalize" => Value::text(normal(&path)),
            "path.relative" => {
                let to = normal(&args.at(1)?.as_str()?);
                let from = normal(&path);
                Value::text(to.strip_prefix(from.as_str()).map_or(to.as_str(), |t| t.trim_start_matches('/')))
            }
            _ => Value::dict([
                ("name".into(), Value::text(stem(base))),
                ("base".into(), Value::text(base)),
                ("ext".into(), Value::text(&base[stem(base).len()..])),
                ("dir".into(), Value::text(files::parent(&path))),
            ]),
        })
    }
}

/// A path without `.`, `..` and doubled slashes.
pub(crate) fn normal(path: &str) -> SmolStr {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    SmolStr::new(format!("{}{}", if absolute { "/" } else { "" }, parts.join("/")))
}
