//! Rust structs that nothing visible makes: what their fields are by the attributes of clap and serde and by their types.

use super::Cx;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::{Arg, Expr, ExprId};
use std::rc::Rc;

/// Associated functions that derives and configuration readers give a struct.
const READERS: &[&str] = &[
    "parse",
    "try_parse",
    "parse_from",
    "from_args",
    "from_env",
    "default",
    "load",
    "init_from_env",
    "from_file",
    "read",
    "figment",
    "deserialize",
];

impl World<'_> {
    /// An instance of a struct that something outside of the tree makes.
    pub(crate) fn assumed_instance(&self, class: &Rc<ClassValue>, at: crate::output::Place) -> Value {
        Value::Instance(Rc::new(Instance { class: class.clone(), fields: Default::default(), assumed: true, at }))
    }

    /// `Settings::parse()` and the like, which a derive provides.
    pub(crate) fn read_struct(&self, class: &Rc<ClassValue>, name: &str, at: crate::output::Place) -> Option<Value> {
        let is_struct = class.class.is_some_and(|id| self.module(class.module).tree.class(id).kind == apicensus_syntax::ClassKind::Struct);
        (is_struct && READERS.contains(&name)).then(|| self.assumed_instance(class, at))
    }

    /// What a type stands for in a parameter or binding that is not known: an instance of a struct of the tree.
    pub(crate) fn instance_of_type(&mut self, cx: &Cx, ty: ExprId, depth: u32) -> Option<Value> {
        let tree = cx.tree.clone();
        match tree.expr(ty) {
            _ if depth > 4 => None,
            Expr::Wrap(_, inner) => self.instance_of_type(cx, *inner, depth + 1),
            // `Arc<T>`, `State<T>`, `web::Data<T>`.
            Expr::Index(base, inner) => match tree.expr(*base) {
                Expr::Name(name) | Expr::Attr(_, name)
                    if matches!(name.as_str(), "Arc" | "Rc" | "Box" | "Option" | "Result" | "State" | "Data") =>
                {
                    self.instance_of_type(cx, *inner, depth + 1)
                }
                _ => self.instance_of_type(cx, *base, depth + 1),
            },
            Expr::Name(_) | Expr::Attr(..) => {
                let value = self.expr(cx, ty);
                match self.force(&value) {
                    Value::Class(class) => {
                        let at = self.at(cx, ty);
                        let id = class.class?;
                        let is_struct = self.module(class.module).tree.class(id).kind == apicensus_syntax::ClassKind::Struct;
                        is_struct.then(|| self.assumed_instance(&class, at))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A field that was not given: its default by attribute, an instance of its type.
    pub(crate) fn field_default(&mut self, class: &Rc<ClassValue>, name: &str) -> Option<Value> {
        let tree = self.module(class.module).tree.clone();
        let field = tree.class(class.class?).fields.iter().find(|f| f.name == name)?.clone();
        let mut cx = self.top(class.module);
        cx.scope = class.scope.clone();
        cx.home = Some(class.clone());
        for annotation in &field.annotations {
            let Expr::Call { args, .. } = tree.expr(*annotation) else { continue };
            if let Some(value) = self.default_of(&cx, args) {
                return Some(Value::Default(Rc::new(value)));
            }
        }
        self.instance_of_type(&cx, field.ty?, 0)
    }

    fn default_of(&mut self, cx: &Cx, args: &[Arg]) -> Option<Value> {
        for arg in args {
            let Arg::Named(name, value) = arg else { continue };
            match name.as_str() {
                "default_value" | "default_value_t" => return Some(self.expr(cx, *value)),
                // serde names a function, others give the value.
                "default" => {
                    let given = self.expr(cx, *value);
                    let Some(path) = given.as_str() else { return Some(given) };
                    let mut found = None;
                    for (at, part) in path.split("::").enumerate() {
                        let part = smol_str::SmolStr::new(part);
                        found = match (at, found) {
                            (0, _) => Some(self.path_base(cx, &part)),
                            (_, Some(base)) => self.get_attr(&base, &part, None),
                            _ => None,
                        };
                    }
                    return match found.map(|f| self.force(&f)) {
                        Some(f @ Value::Function(_)) => {
                            let at = self.at(cx, *value);
                            Some(self.call_value(&f, Args::default(), at))
                        }
                        _ => Some(given),
                    };
                }
                _ => {}
            }
        }
        None
    }
}
