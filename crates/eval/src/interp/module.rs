//! Running a module's top level, and reading names out of modules.

use super::Cx;
use super::items::type_key;
use crate::evaluate::Family;
use crate::resolve::Target;
use crate::value::*;
use crate::world::{RunState, World};
use apicensus_syntax::{Block, Import, Stmt};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Modules that one name is looked for in by way of globs.
const MAX_GLOBS: usize = 200;

impl World<'_> {
    /// Runs the statements of a module.
    pub(crate) fn run_top_level(&mut self, id: ModuleId) {
        let mut cx = self.top(id);
        let body = self.module(id).body.clone();
        match self.family {
            Family::Python => {
                cx.scope.set("__name__".into(), Value::text(self.resolver.module_name(self.module(id).file)));
                let path = self.path_of(id).to_owned();
                cx.scope.set("__file__".into(), Value::text(format!("/{path}")));
            }
            Family::JavaScript => self.prepare_js(id, &mut cx),
            Family::Rust => self.hoist_rust(&cx, &body),
        }
        self.hoist(&cx, &body);
        self.block(&cx, &body);
    }

    fn prepare_js(&mut self, id: ModuleId, cx: &mut Cx) {
        let path = format!("/{}", self.path_of(id));
        let exports = Value::dict([]);
        let module = Rc::new(Dict::default());
        module.set(&Value::text("exports"), exports.clone());
        module.set(&Value::text("id"), Value::text(path.clone()));
        cx.scope.set("__filename".into(), Value::text(path.clone()));
        cx.scope.set("__dirname".into(), Value::text(path.rsplit_once('/').map_or("", |p| p.0)));
        let folder = Value::text(path.rsplit_once('/').map_or("", |p| p.0));
        let meta = ["env", "glob"].map(|name| (SmolStr::new_static(name), Value::Symbol(SmolStr::new(format!("import.meta.{name}")))));
        let meta = Value::dict(meta.into_iter().chain([
            ("url".into(), Value::text(path.clone())),
            ("filename".into(), Value::text(path.clone())),
            ("dirname".into(), folder),
        ]));
        cx.scope.set("import".into(), Value::dict([("meta".into(), meta)]));
        cx.scope.set("module".into(), Value::Dict(module.clone()));
        cx.scope.set("exports".into(), exports.clone());
        cx.this = Some(exports);
        self.module_mut(id).commonjs = Some(module);
        let tree = cx.tree.clone();
        self.module_mut(id).is_es = tree.body.iter().any(|s| matches!(tree.stmt(*s), Stmt::Export(_) | Stmt::Import(_)));
    }

    /// Binds what a block declares before it runs (JavaScript functions, Rust items).
    pub(crate) fn hoist(&mut self, cx: &Cx, body: &Block) {
        match self.family {
            Family::Python => return,
            Family::Rust => return self.hoist_functions(cx, body),
            Family::JavaScript => {}
        }
        for id in body {
            if let Stmt::Function(function) = cx.tree.stmt(*id)
                && let Some(name) = cx.tree.function(*function).name.clone()
                && !cx.scope.names.borrow().contains_key(&name)
            {
                let value = self.closure(cx, *function);
                cx.scope.set(name, value);
            }
        }
    }

    /// The value of a resolved import.
    pub(crate) fn target_value(&mut self, target: Target, import: Option<(&Import, crate::output::Place)>) -> Value {
        match target {
            Target::File(file) => match self.module_of(file) {
                Some(module) => Value::Module(module),
                None => self.data_file(file),
            },
            Target::Folder(path) => Value::Folder(path),
            Target::External(name) => Value::Symbol(name),
            Target::Missing => {
                let (name, at) = import.map_or((SmolStr::default(), None), |(i, at)| (i.module.clone(), Some(at)));
                if let Some(at) = at
                    && self.wave.contains(&at.file)
                {
                    let message = format!("`{name}` is imported here but is not in the scanned tree");
                    self.trouble_at(
                        crate::output::TroubleKind::UnresolvedImport,
                        at,
                        message,
                        "routes that it defines or mounts may be missing",
                    );
                }
                Value::unknown(name, "the imported file is not in the tree", at)
            }
        }
    }

    /// A name of a module value (module, folder, outside package), for an import; None when it certainly isn't there.
    pub(crate) fn member(&mut self, module: &Value, name: &str) -> Option<Value> {
        match module {
            Value::Module(id) => self.module_member(*id, name),
            Value::Folder(path) => {
                let target = self.resolver.submodule(&Target::Folder(path.clone()), name)?;
                let value = self.target_value(target, None);
                self.run_if_wave(&value);
                Some(value)
            }
            Value::Symbol(symbol) => Some(Value::Symbol(join_symbol(symbol, name))),
            Value::Dict(dict) => dict.get(name).or_else(|| (name == "default").then(|| module.clone())),
            _ => None,
        }
    }

    fn module_member(&mut self, id: ModuleId, name: &str) -> Option<Value> {
        self.run_module(id);
        if let Some(symbol) = self.modelled_symbol(id, name) {
            return Some(symbol);
        }
        match self.family {
            Family::Python | Family::Rust => {
                let found = self.module(id).scope.names.borrow().get(name).cloned();
                // `from . import x` in a package binds x to itself: the submodule is meant.
                let own = matches!(&found, Some(Value::Lazy(lazy)) if matches!(&lazy.what, LazyWhat::Name(Value::Module(of), there, _) if *of == id && there == name));
                if let Some(value) = found
                    && !own
                {
                    return Some(value);
                }
                if self.family == Family::Rust {
                    // A function that a glob brings comes before a module of its name.
                    let brought = self.rust_glob(id, name, &mut vec![id]);
                    if brought.as_ref().is_some_and(|v| !matches!(v, Value::Module(_))) {
                        return brought;
                    }
                    let nested = self.module(id).scope.names.borrow().get(&type_key(name)).cloned();
                    return nested.or(brought);
                }
                let getattr = self.module(id).scope.names.borrow().get("__getattr__").cloned();
                let target = Target::File(self.module(id).file);
                if let Some(target) = self.resolver.submodule(&target, name) {
                    let value = self.target_value(target, None);
                    self.run_if_wave(&value);
                    return Some(value);
                }
                getattr.map(|f| self.call_value(&f, Args::of(vec![Value::text(name)]), self.module_place(id)))
            }
            Family::JavaScript => self.js_member(id, name, 0),
        }
    }

    /// A module's name as a model's symbol: what a model names beats an in-tree copy of that library.
    pub(crate) fn modelled_symbol(&mut self, id: ModuleId, name: &str) -> Option<Value> {
        if self.family != Family::Python {
            return None;
        }
        let module = self.resolver.module_name(self.module(id).file);
        let known = |module: &str| {
            let symbol = join_symbol(module, name);
            self.input.models.beats_copies(&symbol).then_some(Value::Symbol(symbol))
        };
        known(&module).or_else(|| {
            // A copy of the library inside of another package: a module of its name that doesn't build on the library itself.
            let inner = module.match_indices('.').find_map(|(at, _)| known(&module[at + 1..]))?;
            let Value::Symbol(symbol) = &inner else { return None };
            let library = symbol.split('.').next().unwrap_or_default();
            let uses = self.module(id).tree.stmts.iter().any(|(s, _)| match s {
                apicensus_syntax::Stmt::Import(import) => import.level == 0 && import.module.split('.').next() == Some(library),
                _ => false,
            });
            (!uses).then_some(inner)
        })
    }

    /// The place of a module as a whole.
    pub(crate) fn module_place(&self, id: ModuleId) -> crate::output::Place {
        crate::output::Place { file: self.module(id).file, line: 1, end_line: 1, start: 0, end: 0 }
    }

    /// Runs a module now if its side effects count.
    pub(crate) fn run_if_wave(&mut self, value: &Value) {
        if let Value::Module(id) = value
            && self.wave.contains(&self.module(*id).file)
        {
            self.run_module(*id);
        }
    }

    /// What globs bring of a name; modules that were looked into already are not again: globs go round often.
    fn rust_glob(&mut self, id: ModuleId, name: &str, seen: &mut Vec<ModuleId>) -> Option<Value> {
        if seen.len() > MAX_GLOBS {
            return None;
        }
        let stars = self.module(id).stars.clone();
        for star in stars {
            let star = self.force(&star);
            match star {
                Value::Module(inner) if !seen.contains(&inner) => {
                    seen.push(inner);
                    self.run_module(inner);
                    let found = self.module(inner).scope.names.borrow().get(name).cloned();
                    let found = found.or_else(|| self.module(inner).scope.names.borrow().get(&type_key(name)).cloned());
                    if let Some(value) = found.or_else(|| self.rust_glob(inner, name, seen)) {
                        return Some(value);
                    }
                }
                Value::Class(class) => {
                    let found = class.attrs.borrow().get(name).cloned();
                    if found.is_some() {
                        return found;
                    }
                }
                Value::Symbol(symbol) => {
                    let symbol = join_symbol(&symbol, name);
                    if self.input.models.knows(&symbol) {
                        return Some(Value::Symbol(symbol));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn js_member(&mut self, id: ModuleId, name: &str, depth: u32) -> Option<Value> {
        if let Some(value) = self.module(id).exports.get(name) {
            return Some(value);
        }
        if depth < 16 {
            for star in self.module(id).stars.clone() {
                let star = self.force(&star);
                let found = match star {
                    Value::Module(inner) if inner != id && name != "default" => {
                        self.run_module(inner);
                        self.js_member(inner, name, depth + 1)
                    }
                    Value::Symbol(symbol) if name != "default" => {
                        let symbol = join_symbol(&symbol, name);
                        (!self.input.models.symbol(&symbol).is_empty()).then_some(Value::Symbol(symbol))
                    }
                    _ => None,
                };
                if found.is_some() {
                    return found;
                }
            }
        }
        let exported = self.commonjs_exports(id);
        if self.module(id).is_es && matches!(&exported, Value::Dict(d) if d.entries.borrow().is_empty()) {
            return None;
        }
        // What an outside call gave is the whole: `module.exports = wrap(config)`.
        if name == "default" && is_whole(&exported) {
            return Some(exported);
        }
        let found = self.get_attr(&exported, name, None);
        match found {
            Some(value) => Some(value),
            None if name == "default" => Some(exported),
            None => None,
        }
    }

    /// `module.exports` of a module.
    pub(crate) fn commonjs_exports(&self, id: ModuleId) -> Value {
        self.module(id).commonjs.as_ref().and_then(|m| m.get("exports")).unwrap_or(Value::Null)
    }

    /// What `require` of a module gives.
    pub(crate) fn required(&mut self, value: Value) -> Value {
        let Value::Module(id) = value else { return value };
        self.run_module(id);
        let es = !self.module(id).exports.entries.borrow().is_empty() || !self.module(id).stars.is_empty();
        if es { Value::Module(id) } else { self.commonjs_exports(id) }
    }

    /// Resolves what is resolved at use; stays lazy inside an import cycle.
    pub(crate) fn force(&mut self, value: &Value) -> Value {
        let mut value = value.clone();
        for _ in 0..32 {
            let Value::Lazy(lazy) = &value else { return value };
            let lazy = lazy.clone();
            if let Some(done) = lazy.value.borrow().clone() {
                value = done;
                continue;
            }
            if lazy.busy.replace(true) {
                return value;
            }
            let result = self.resolve_lazy(&lazy.what);
            lazy.busy.set(false);
            match result {
                Some(result) => {
                    // A name that was joined with itself: the other alternatives count.
                    let result = match result {
                        Value::Either(all) => Value::either(
                            all.iter().filter(|v| !matches!(v, Value::Lazy(l) if Rc::ptr_eq(l, &lazy))).cloned().collect::<Vec<_>>(),
                        ),
                        other => other,
                    };
                    *lazy.value.borrow_mut() = Some(result.clone());
                    value = result;
                }
                None => return value,
            }
        }
        value
    }

    fn resolve_lazy(&mut self, what: &LazyWhat) -> Option<Value> {
        match what {
            LazyWhat::Expr(module, scope, expr) => {
                let mut cx = self.top(*module);
                cx.scope = scope.clone();
                Some(self.expr(&cx, *expr))
            }
            LazyWhat::Name(module, name, at) => {
                let module = self.force(module);
                // A module, though a function of its name stands beside it.
                let typed = if name.ends_with("::") && matches!(module, Value::Module(_)) { self.member(&module, name) } else { None };
                let name = &SmolStr::new(name.trim_end_matches(':'));
                if let Some(value) = typed.or_else(|| self.member(&module, name)) {
                    return Some(value);
                }
                match &module {
                    Value::Module(id) if self.module(*id).state == RunState::Running => None,
                    Value::Lazy(_) => None,
                    Value::Module(id) => {
                        let path = self.path_of(*id).to_owned();
                        Some(Value::unknown(name.clone(), format!("`{path}` does not define it"), Some(*at)))
                    }
                    Value::Unknown(_) => {
                        Some(Value::unknown(name.clone(), "it is imported from a file that is not in the tree", Some(*at)))
                    }
                    _ => Some(Value::unknown(name.clone(), "the imported module does not define it", Some(*at))),
                }
            }
        }
    }

    /// A name imported from a module, resolved at use.
    pub(crate) fn lazy_name(&mut self, module: &Value, name: &SmolStr, at: crate::output::Place) -> Value {
        if let Value::Symbol(symbol) = module {
            return Value::Symbol(join_symbol(symbol, name));
        }
        let what = LazyWhat::Name(module.clone(), name.clone(), at);
        Value::Lazy(Rc::new(Lazy { what, value: RefCell::new(None), busy: Cell::new(false) }))
    }
}

/// Appends a name to a symbol; a default export is the module itself.
pub fn join_symbol(symbol: &str, name: &str) -> SmolStr {
    match (symbol, name) {
        (_, "default") if !symbol.is_empty() => SmolStr::new(symbol),
        ("", _) => SmolStr::new(name),
        _ => SmolStr::new(format!("{symbol}.{name}")),
    }
}

/// Whether exports have no `default` of their own because they are, or may be, what an outside call gave.
fn is_whole(exported: &Value) -> bool {
    match exported {
        Value::Unknown(u) => u.callee.is_some(),
        Value::Either(all) => {
            all.iter().any(is_whole) && all.iter().all(|v| is_whole(v) || matches!(v, Value::Dict(d) if d.get("default").is_none()))
        }
        _ => false,
    }
}
