//! Django: what `AppConfig.ready()` of the installed applications does, which runs before any patterns are loaded: it fills the
//! registries that lists of patterns are made of. One that only imports, as most do, is left to the usual order.

use super::django::APP_CONFIG;
use crate::resolve::Target;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Expr, Stmt};
use smol_str::SmolStr;
use std::rc::Rc;

const APPS: &str = "INSTALLED_APPS";
/// Settings list at most so many applications.
const MOST_APPS: usize = 300;

/// Runs the method of each installed application of the tree, in their order.
pub(super) fn start(world: &mut World<'_>) {
    let mut done: Vec<SmolStr> = Vec::new();
    for settings in settings(world) {
        let list = world.module(settings).scope.names.borrow().get(APPS).cloned();
        let Some(list) = list else { continue };
        let at = world.module_place(settings);
        for list in world.force(&list).plain().alternatives() {
            let (items, _) = world.items_of(&list, at);
            for item in items.iter().take(MOST_APPS) {
                let Some(name) = world.force(item).as_str().filter(|name| !done.contains(name)) else { continue };
                done.push(name.clone());
                if let Some(class) = config_of(world, settings, &name) {
                    ready(world, &class);
                }
            }
        }
    }
}

/// The deployed settings modules, run.
fn settings(world: &mut World<'_>) -> Vec<ModuleId> {
    let finder = memchr::memmem::Finder::new(APPS);
    let mut files: Vec<crate::files::FileId> = world.wave.iter().copied().collect();
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let entry = world.input.files.get(file);
        let is_it = entry.path.ends_with(".py") && !entry.secondary && !entry.installed;
        if is_it
            && (world.input.text)(file).is_some_and(|text| finder.find(&text).is_some())
            && let Some(id) = world.module_of(file)
        {
            world.run_module(id);
            out.push(id);
        }
    }
    out
}

/// The configuration of an application, by its own name or by its package's.
fn config_of(world: &mut World<'_>, settings: ModuleId, name: &str) -> Option<Rc<ClassValue>> {
    let file = world.module(settings).file;
    if let Some((module, class)) = name.rsplit_once('.')
        && class.starts_with(char::is_uppercase)
    {
        let target = world.resolver.python(file, module, 0);
        let Value::Module(id) = found(world, target)? else { return None };
        world.run_module(id);
        let value = world.member(&Value::Module(id), class)?;
        return if let Value::Class(class) = world.force(&value) { Some(class) } else { None };
    }
    let target = world.resolver.python(file, &format!("{name}.apps"), 0);
    let Value::Module(id) = found(world, target)? else { return None };
    world.run_module(id);
    let mut named: Vec<(SmolStr, Value)> = world.module(id).scope.names.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let own = world.module(id).file;
    let mut configs: Vec<Rc<ClassValue>> = Vec::new();
    for (_, value) in named {
        if let Value::Class(class) = value
            && class.at.file == own
            && world.outside_bases(&class).iter().any(|b| APP_CONFIG.contains(&b.as_str()))
        {
            configs.push(class);
        }
    }
    let default = configs.iter().position(|class| matches!(class.attrs.borrow().get("default"), Some(Value::Bool(true))));
    match default {
        Some(at) => Some(configs.swap_remove(at)),
        None if configs.len() == 1 => configs.pop(),
        None => None,
    }
}

fn found(world: &mut World<'_>, target: Target) -> Option<Value> {
    if matches!(target, Target::Missing) {
        return None;
    }
    Some(world.target_value(target, None))
}

fn ready(world: &mut World<'_>, class: &Rc<ClassValue>) {
    let method = world.class_attr(class, "ready").map(|v| world.force(&v));
    let Some(Value::Function(method)) = method else { return };
    if !fills(world, &method) {
        return;
    }
    let instance = Rc::new(Instance { class: class.clone(), fields: Default::default(), assumed: false, at: class.at });
    let module = method.module;
    let budget = world.module(module).steps;
    world.module_mut(module).steps = world.input.limits.module_steps;
    world.call_closure(&method, Some(Value::Instance(instance)), Args::default(), class.at);
    world.module_mut(module).steps = budget;
}

/// Whether a function does more than importing: it calls something with a class or an instance of one, as registries are filled.
fn fills(world: &World<'_>, f: &Rc<Closure>) -> bool {
    let tree = &world.module(f.module).tree;
    tree.function(f.function).body.iter().any(|id| match tree.stmt(*id) {
        Stmt::Expr(value) => match tree.expr(*value) {
            // `super().ready()`, `registry.autodiscover()`
            Expr::Call { args, .. } => !args.is_empty(),
            _ => false,
        },
        Stmt::If { .. } | Stmt::For { .. } | Stmt::Try { .. } | Stmt::With { .. } => true,
        _ => false,
    })
}
