//! Routes that stand in annotations of a function: attribute macros, decorators that are read rather than run.

use crate::apply::path_like;
use crate::interp::Cx;
use crate::models::{Does, Entry, MethodsSpec};
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use smol_str::SmolStr;

impl World<'_> {
    /// Notes the prefix that an annotation of a Rust module gives the annotations inside.
    pub(crate) fn note_module_prefix(&mut self, cx: &Cx, module: ModuleId, annotations: &[apicensus_syntax::ExprId]) {
        let models = self.input.models;
        for id in annotations {
            let at = self.at(cx, *id);
            let mark = self.mark(cx, *id, at);
            let Some(symbol) = &mark.symbol else { continue };
            for entry in models.symbol(symbol) {
                let Entry::Annotation(m, c) = *entry else { continue };
                let call = &models.model(m).annotations[c as usize];
                let place = call.path.as_ref().filter(|_| call.does == Does::Prefix);
                if let Some((path, _)) = place.and_then(|p| p.find(&mark.args, &mut |v, k| self.get_attr(v, k, None), &path_like)) {
                    self.module_prefixes.insert(module, path);
                }
            }
        }
    }

    /// A path behind the prefixes of the modules around it.
    fn module_prefixed(&mut self, module: ModuleId, path: Option<Value>, at: crate::output::Place) -> Option<Value> {
        if self.module_prefixes.is_empty() {
            return path;
        }
        let mut prefixes = Vec::new();
        let mut next = Some(module);
        while let Some(id) = next {
            prefixes.extend(self.module_prefixes.get(&id).cloned());
            next = self.module(id).parent;
        }
        if prefixes.is_empty() {
            return path;
        }
        let mut text = Text::default();
        for part in prefixes.iter().rev().chain(&path) {
            let part = self.to_text(part, at);
            text.push(&part);
        }
        Some(Value::Text(std::rc::Rc::new(text)))
    }

    /// The routes that a function's annotations say, with the model that says so.
    pub(crate) fn annotated_routes(&mut self, value: &Value) -> Vec<(u16, RouteEvent)> {
        let function = match self.force(value) {
            Value::Function(f) => f,
            Value::BoundFunction(b) => b.1.clone(),
            _ => return Vec::new(),
        };
        let marks = function.marks.borrow().clone();
        let mut out = Vec::new();
        for mark in marks {
            let Some(symbol) = &mark.symbol else { continue };
            let models = self.input.models;
            for entry in models.symbol(symbol) {
                let Entry::Annotation(m, c) = *entry else { continue };
                let call = &models.model(m).annotations[c as usize];
                let has = |world: &mut Self, place: &crate::models::Place| {
                    place.find(&mark.args, &mut |v, k| world.get_attr(v, k, None), &path_like).is_some()
                };
                if call.does != Does::Route || call.when.as_ref().is_some_and(|place| !has(self, place)) {
                    continue;
                }
                let path = call
                    .path
                    .as_ref()
                    .and_then(|p| p.find(&mark.args, &mut |v, k| self.get_attr(v, k, None), &path_like))
                    .map(|f| f.0)
                    .or_else(|| call.default_path.as_deref().map(Value::text));
                let path = self.module_prefixed(function.module, path, mark.at);
                let name = SmolStr::new(symbol.rsplit('.').next().unwrap_or(symbol));
                let mut methods = match &call.methods {
                    Some(MethodsSpec::Word(word)) if word == "@name" => crate::apply::method_name(&name).map(|m| vec![m]),
                    Some(MethodsSpec::Word(word)) if word == "ANY" => None,
                    Some(MethodsSpec::List(list)) => Some(list.iter().map(SmolStr::from).collect()),
                    Some(MethodsSpec::Word(word)) => crate::models::Place::parse(word)
                        .map(|p| {
                            // `method = "GET", method = "HEAD"`: a name may be given several times.
                            let repeated: Vec<Value> = mark.args.named.iter().filter(|(n, _)| n == word).map(|(_, v)| v.clone()).collect();
                            if repeated.is_empty() { p.all(&mark.args, None, &mut |v, k| self.get_attr(v, k, None)) } else { repeated }
                        })
                        .map(|values| values.iter().filter_map(|v| self.method_names(v, 0)).flatten().collect()),
                    None => None,
                };
                if methods.as_ref().is_some_and(Vec::is_empty) {
                    // `#[utoipa::path(get, ..)]`: bare words.
                    let words: Vec<SmolStr> = mark
                        .args
                        .items
                        .iter()
                        .filter_map(|v| if let Value::Symbol(s) = v { Some(SmolStr::new(s.to_ascii_uppercase())) } else { None })
                        .filter(|s| METHODS.contains(&s.as_str()))
                        .collect();
                    methods = if words.is_empty() { None } else { Some(words) };
                }
                out.push((
                    m,
                    RouteEvent {
                        default_methods: false,
                        methods,
                        path,
                        handler: Some(value.clone()),
                        guards: self.written_guards(&call.guards, &mark.args, &function, mark.at),
                        protocol: call.protocol.as_deref().map(SmolStr::new),
                        style: call.style.as_deref().map(SmolStr::new),
                        annotated: true,
                        annotation: Some(mark.at),
                        ..RouteEvent::default()
                    },
                ));
            }
        }
        out
    }
}

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"];
