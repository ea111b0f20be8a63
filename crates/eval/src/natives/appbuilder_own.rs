//! The views that Flask-AppBuilder adds by itself: the index, security and login views, each replaceable by a class of the
//! application through the security manager. Add-on managers are left out.

use super::appbuilder::add;
use crate::output::Place;
use crate::value::*;
use crate::walk;
use crate::world::World;
use apicensus_syntax::{Expr, Pattern, Stmt, StrPart};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;

/// Attributes of the security manager and the classes they hold by default.
const SECURITY: &[(&str, &str)] = &[
    ("security_api", "SecurityApi"),
    ("userinfoeditview", "UserInfoEditView"),
    ("rolemodelview", "RoleModelView"),
    ("groupmodelview", "UserGroupModelView"),
    ("userstatschartview", "UserStatsChartView"),
];
const REGISTRATION: &[(&str, &str)] = &[("registeruserdbview", "RegisterUserDBView"), ("registerusermodelview", "RegisterUserModelView")];
const API: &[(&str, &str)] = &[
    ("permission_api", "PermissionApi"),
    ("role_api", "RoleApi"),
    ("user_api", "UserApi"),
    ("view_menu_api", "ViewMenuApi"),
    ("permission_view_menu_api", "PermissionViewMenuApi"),
    ("group_api", "GroupApi"),
];
/// By the value of AUTH_TYPE.
const AUTH: &[(&str, &[(&str, &str)])] = &[
    ("AUTH_LDAP", &[("authldapview", "AuthLDAPView"), ("userldapmodelview", "UserLDAPModelView")]),
    ("AUTH_OAUTH", &[("authoauthview", "AuthOAuthView"), ("useroauthmodelview", "UserOAuthModelView")]),
    ("AUTH_REMOTE_USER", &[("authremoteuserview", "AuthRemoteUserView"), ("userremoteusermodelview", "UserRemoteUserModelView")]),
    ("AUTH_SAML", &[("authsamlview", "AuthSAMLView"), ("usersamlmodelview", "UserSAMLModelView")]),
    (
        "AUTH_DB",
        &[
            ("authdbview", "AuthDBView"),
            ("userdbmodelview", "UserDBModelView"),
            ("resetpasswordview", "ResetPasswordView"),
            ("resetmypasswordview", "ResetMyPasswordView"),
        ],
    ),
];
/// Views that a setting, true by default, adds.
const PERMISSIONS: &[(&str, &str, &str)] = &[
    ("FAB_ADD_SECURITY_PERMISSION_VIEW", "permissionmodelview", "PermissionModelView"),
    ("FAB_ADD_SECURITY_VIEW_MENU_VIEW", "viewmenumodelview", "ViewMenuModelView"),
    ("FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW", "permissionviewmodelview", "PermissionViewModelView"),
];

/// Adds the framework's own views to every application builder.
pub(super) fn finish(world: &mut World<'_>, model: u16) {
    for object in world.objects.clone() {
        let Some(kind) = object.kind.get() else { continue };
        if kind.model == model && !object.assumed && !world.is_dropped(object.entry) {
            let before = std::mem::replace(&mut world.entry, object.entry);
            own_views(world, &object);
            world.entry = before;
        }
    }
}

fn own_views(world: &mut World<'_>, object: &Rc<Object>) {
    let at = object.site;
    let index = given(world, object, "indexview").or_else(|| named_class(world, "FAB_INDEX_VIEW", at));
    add(world, object, &index.unwrap_or_else(|| own("IndexView")), at);
    add(world, object, &own("UtilView"), at);
    add(world, object, &own("LocaleView"), at);
    if is_on(world, "FAB_ADD_OPENAPI_VIEWS", true) && is_on(world, "FAB_API_SWAGGER_UI", false) {
        add(world, object, &own("OpenApi"), at);
        add(world, object, &own("SwaggerView"), at);
    }
    if is_on(world, "FAB_ADD_MENU_API", true) {
        add(world, object, &own("MenuApi"), at);
    }
    let manager = manager(world, object);
    if let Some(class) = &manager
        && let Some(register) = world.class_attr(class, "register_views")
        && let Value::Function(f) = world.force(&register)
    {
        run(world, object, class, &f, at);
        let tree = world.module(f.module).tree.clone();
        let mut calls_super = false;
        walk::function(&tree, f.function, &mut |e| calls_super |= matches!(tree.expr(e), Expr::Attr(_, name) if name == "register_views"));
        if !calls_super {
            return;
        }
    }
    if is_on(world, "FAB_ADD_SECURITY_VIEWS", true) {
        security_views(world, object, manager.as_ref(), at);
    }
}

/// Runs the application's own `register_views`.
fn run(world: &mut World<'_>, object: &Rc<Object>, class: &Rc<ClassValue>, f: &Rc<Closure>, at: Place) {
    let instance = Rc::new(Instance { class: class.clone(), fields: RefCell::default(), assumed: true, at });
    instance.fields.borrow_mut().insert("appbuilder".into(), Value::Object(object.clone()));
    world.budget.push(f.module);
    world.call_closure(f, Some(Value::Instance(instance)), Args::default(), at);
    world.budget.pop();
}

fn security_views(world: &mut World<'_>, object: &Rc<Object>, manager: Option<&Rc<ClassValue>>, at: Place) {
    let kind = setting(world, "AUTH_TYPE");
    let auth = AUTH.iter().find(|(name, _)| kind.as_deref() == Some(*name)).or(AUTH.last()).map_or(&[] as &[_], |(_, views)| *views);
    let mut slots: Vec<(&str, &str)> = SECURITY.iter().chain(auth).copied().collect();
    if is_on(world, "AUTH_USER_REGISTRATION", false) {
        slots.extend(REGISTRATION);
    }
    for (key, slot, class) in PERMISSIONS {
        if is_on(world, key, true) {
            slots.push((slot, class));
        }
    }
    if is_on(world, "FAB_ADD_SECURITY_API", false) {
        slots.extend(API);
    }
    for (slot, class) in slots {
        let set = manager.and_then(|m| world.class_attr(m, slot)).map(|v| world.force(&v));
        let view = match set {
            Some(Value::Null) => continue,
            Some(view @ (Value::Class(_) | Value::Symbol(_))) => view,
            _ => own(class),
        };
        add(world, object, &view, at);
    }
}

/// A class of the framework.
fn own(class: &str) -> Value {
    Value::Symbol(SmolStr::new(format!("flask_appbuilder.{class}")))
}

/// A class given to the builder as an argument or set as an attribute.
fn given(world: &mut World<'_>, object: &Rc<Object>, name: &str) -> Option<Value> {
    let set = object.props.borrow().get(name).cloned();
    let value = set.or_else(|| object.args.borrow().name(name).cloned())?;
    let value = world.force(&value);
    value.alternatives().into_iter().map(|v| world.force(&v)).find(|v| matches!(v, Value::Class(_)))
}

/// The security manager: given, set by name, or the only one of the tree.
fn manager(world: &mut World<'_>, object: &Rc<Object>) -> Option<Rc<ClassValue>> {
    let named = given(world, object, "security_manager_class").or_else(|| named_class(world, "FAB_SECURITY_MANAGER_CLASS", object.site));
    if let Some(Value::Class(class)) = named {
        return Some(class);
    }
    let mut found: Vec<Rc<ClassValue>> = Vec::new();
    for class in world.classes.clone() {
        let bases = world.outside_bases(&class);
        if bases.iter().any(|b| b.starts_with("flask_appbuilder.") && b.ends_with("SecurityManager")) {
            // A subclass replaces its base.
            let ancestors = world.mro(&class);
            found.retain(|f| !ancestors.iter().any(|a| matches!(a, Value::Class(c) if Rc::ptr_eq(c, f))));
            found.push(class);
        }
    }
    if found.len() == 1 { found.pop() } else { None }
}

fn named_class(world: &mut World<'_>, key: &str, at: Place) -> Option<Value> {
    let name = setting(world, key)?;
    let class = world.import_string(&name, at)?;
    let class = world.force(&class);
    matches!(class, Value::Class(_)).then_some(class)
}

fn is_on(world: &World<'_>, key: &str, default: bool) -> bool {
    match setting(world, key).as_deref() {
        Some("true") => true,
        Some("false") => false,
        _ => default,
    }
}

/// What the tree last sets a configuration key to, as text: a constant, or the last name of a name.
fn setting(world: &World<'_>, key: &str) -> Option<SmolStr> {
    let mut found = None;
    for module in &world.modules {
        let tree = &module.tree;
        let text = |id| match tree.expr(id) {
            Expr::Str(parts) => match parts.as_slice() {
                [StrPart::Text(text)] => Some(text.clone()),
                _ => None,
            },
            Expr::Bool(b) => Some(SmolStr::new_static(if *b { "true" } else { "false" })),
            Expr::Name(name) | Expr::Attr(_, name) => Some(name.clone()),
            _ => None,
        };
        for (stmt, _) in &tree.stmts {
            let Stmt::Bind { target, value: Some(value), .. } = stmt else { continue };
            let is_it = match target {
                Pattern::Name(name, _) => name == key,
                Pattern::Place(place) => match tree.expr(*place) {
                    Expr::Index(_, index) => text(*index).is_some_and(|t| t == key),
                    _ => false,
                },
                _ => false,
            };
            if is_it && let Some(text) = text(*value) {
                found = Some(text);
            }
        }
    }
    found
}
