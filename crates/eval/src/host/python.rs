//! Python: built-ins, functools, itertools, os, importlib, dataclass and settings fields.

use crate::output::Place;
use crate::text::Text;
use crate::value::*;
use crate::world::World;
use apicensus_syntax::ListKind;
use smol_str::SmolStr;
use std::rc::Rc;

impl World<'_> {
    pub(super) fn python_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let first = args.at(0).cloned();
        match symbol {
            "len" => match self.force(&first?) {
                Value::List(l) if !l.open.get() => Some(Value::Number(l.items.borrow().len() as f64)),
                Value::Dict(d) if !d.open.get() => Some(Value::Number(d.entries.borrow().len() as f64)),
                Value::Text(t) => t.known().map(|t| Value::Number(t.chars().count() as f64)),
                _ => None,
            },
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" | "deque" | "collections.deque" => {
                self.collection(symbol, args, at)
            }
            "dict"
            | "collections.OrderedDict"
            | "OrderedDict"
            | "collections.defaultdict"
            | "types.MappingProxyType"
            | "copy.copy"
            | "copy.deepcopy"
            | "collections.ChainMap" => self.dict_call(symbol, args, at),
            "str"
            | "os.fspath"
            | "pathlib.Path"
            | "Path"
            | "pathlib.PurePosixPath"
            | "os.path.abspath"
            | "os.path.realpath"
            | "os.path.normpath"
            | "os.path.expanduser"
            | "os.path.expandvars" => match args.items.len() {
                0 | 1 => Some(Value::Text(Rc::new(self.to_text(&first.unwrap_or_else(|| Value::text("")), at)))),
                _ => self.joined_path(args, at),
            },
            "os.path.join" | "posixpath.join" => self.joined_path(args, at),
            "os.path.dirname" => Some(Value::text(crate::files::parent(&first?.as_str()?))),
            "os.path.basename" => Some(Value::text(first?.as_str()?.rsplit('/').next().unwrap_or_default())),
            "urllib.parse.urljoin" | "urljoin" => self.joined_url(args, at),
            "int" | "float" => first?.as_number().or_else(|| args.at(0)?.as_str()?.parse().ok()).map(Value::Number),
            "bool" => {
                let value = first?;
                self.truth(&value).map(Value::Bool)
            }
            "range" => self.range(args),
            "enumerate" => {
                let (items, open) = self.items_of(&first?, at);
                let start = args.get(1, "start").and_then(Value::as_number).unwrap_or(0.0);
                Some(with_open(
                    Value::list(
                        items.into_iter().enumerate().map(|(i, v)| Value::tuple(vec![Value::Number(i as f64 + start), v])).collect(),
                    ),
                    open,
                ))
            }
            "zip" | "itertools.zip_longest" => self.zip(args, at),
            "map" | "filter" => self.map_filter(symbol, args, at),
            "itertools.chain" | "itertools.chain.from_iterable" => {
                let lists = if symbol.ends_with("iterable") { self.items_of(&first?, at).0 } else { args.items.clone() };
                let mut all = Vec::new();
                let mut open = false;
                for list in lists {
                    let (items, more) = self.items_of(&list, at);
                    all.extend(items);
                    open |= more;
                }
                Some(with_open(Value::list(all), open))
            }
            "itertools.product" => self.product(args, at),
            "sum" => {
                let (items, _) = self.items_of(&first?, at);
                let mut total = args.get(1, "start").cloned().unwrap_or(Value::Number(0.0));
                for item in items {
                    total = self.binary(apicensus_syntax::BinaryOp::Add, &total, &item, at);
                }
                Some(total)
            }
            "any" | "all" => {
                let (items, open) = self.items_of(&first?, at);
                let answers: Vec<Option<bool>> = items.iter().map(|v| self.truth(v)).collect();
                let wanted = symbol == "any";
                if answers.contains(&Some(wanted)) {
                    Some(Value::Bool(wanted))
                } else if open || answers.contains(&None) {
                    None
                } else {
                    Some(Value::Bool(!wanted))
                }
            }
            "next" => match self.force(&first?) {
                Value::List(list) => list.items.borrow().first().cloned().or_else(|| args.at(1).cloned()),
                _ => args.at(1).cloned(),
            },
            "getattr" | "hasattr" | "setattr" | "operator.attrgetter" => self.attribute_call(symbol, args, at),
            "isinstance" | "issubclass" => self.instance_test(symbol, args),
            "callable" => Some(match self.force(&first?) {
                Value::Function(_) | Value::Class(_) | Value::BoundFunction(_) | Value::Pending(_) => Value::Bool(true),
                Value::Text(_) | Value::List(_) | Value::Dict(_) | Value::Null => Value::Bool(false),
                _ => return None,
            }),
            "type" => self.type_call(args, at),
            "vars" => self.get_attr(&first?, "__dict__", Some(at)),
            "dir" => {
                let value = first?;
                Some(self.names_of(&value))
            }
            "inspect.getmembers" => {
                let value = first?;
                let names = self.names_of(&value);
                let (names, _) = self.items_of(&names, at);
                let predicate = args.get(1, "predicate").cloned().filter(|p| !matches!(p, Value::Null));
                let mut members = Vec::new();
                for name in names {
                    let Some(member) = name.as_str().and_then(|n| self.get_attr(&value, &n, Some(at))) else { continue };
                    let wanted = match &predicate {
                        Some(predicate) => {
                            let answer = self.callback(predicate, vec![member.clone()], at);
                            self.truth(&answer) != Some(false)
                        }
                        None => true,
                    };
                    if wanted {
                        members.push(Value::tuple(vec![name, member]));
                    }
                }
                Some(Value::list(members))
            }
            "inspect.ismethod" => match self.force(&first?) {
                Value::BoundFunction(_) => Some(Value::Bool(true)),
                Value::Function(_)
                | Value::Class(_)
                | Value::Text(_)
                | Value::Number(_)
                | Value::List(_)
                | Value::Dict(_)
                | Value::Null => Some(Value::Bool(false)),
                _ => None,
            },
            "inspect.isclass" => Some(Value::Bool(matches!(self.force(&first?), Value::Class(_)))),
            "inspect.isfunction" | "inspect.iscoroutinefunction" | "asyncio.iscoroutinefunction" => match self.force(&first?) {
                Value::Function(f) => {
                    let is_async = self.module(f.module).tree.function(f.function).is_async;
                    Some(Value::Bool(symbol == "inspect.isfunction" || is_async))
                }
                Value::Class(_)
                | Value::Text(_)
                | Value::BoundFunction(_)
                | Value::Number(_)
                | Value::List(_)
                | Value::Dict(_)
                | Value::Null => Some(Value::Bool(false)),
                _ => None,
            },
            "functools.partial" => Some(Value::Method(Rc::new(Bound {
                receiver: first?,
                name: SmolStr::default(),
                args: Args { items: args.items.get(1..).unwrap_or_default().to_vec(), named: args.named.clone(), ..Args::default() },
            }))),
            "functools.reduce" => {
                let f = first?;
                let (items, _) = self.items_of(args.at(1)?, at);
                let mut all = items.into_iter();
                let mut value = args.at(2).cloned().or_else(|| all.next())?;
                for item in all {
                    value = self.callback(&f, vec![value, item], at);
                }
                Some(value)
            }
            "functools.update_wrapper" => {
                let inner = args.at(1).cloned();
                Some(self.wrapped(&first?, inner.as_ref()))
            }
            "functools.lru_cache"
            | "functools.cache"
            | "contextlib.contextmanager"
            | "contextlib.asynccontextmanager"
            | "functools.cached_property"
            | "typing.overload"
            | "functools.singledispatch"
            | "abc.abstractmethod" => first.filter(|v| matches!(v, Value::Function(_))),
            "typing.cast" => args.at(1).cloned(),
            "asyncio.run"
            | "asyncio.create_task"
            | "asyncio.ensure_future"
            | "asyncio.gather"
            | "anyio.run"
            | "asyncio.get_event_loop().run_until_complete" => match self.force(&first?) {
                f @ Value::Function(_) => Some(self.call_value(&f, Args::of(args.items.get(1..).unwrap_or_default().to_vec()), at)),
                other => Some(other),
            },
            "collections.namedtuple" | "typing.NamedTuple" | "namedtuple" => self.namedtuple(args, at),
            "dataclasses.field"
            | "pydantic.Field"
            | "pydantic.fields.Field"
            | "attr.ib"
            | "attrs.field"
            | "attr.attrib"
            | "pydantic.PrivateAttr"
            | "pydantic.v1.Field" => self.field(args, at),
            "re.compile" => Some(first?),
            "re.escape" => first,
            "re.sub" => self.regex_sub(args, at),
            "re.split" => self.regex_split(args),
            _ => self.python_environment(symbol, args, at),
        }
    }

    fn python_environment(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let first = args.at(0).cloned();
        match symbol {
            "os.getenv" | "os.environ.get" | "environ.get" | "os.environ.setdefault" | "os.environ.pop" => {
                let name = first.as_ref().and_then(Value::as_str).unwrap_or_default();
                match args.get(1, "default") {
                    Some(Value::Null) | None => Some(Value::unknown(name, "an environment variable without a default", Some(at))),
                    Some(default) => Some(Value::Default(Rc::new(default.clone()))),
                }
            }
            "importlib.import_module" | "__import__" | "import_module" => self.import_by_name(args, at),
            "django.utils.module_loading.import_string" | "werkzeug.utils.import_string" | "import_string" | "pydoc.locate" => {
                let name = first?.as_str()?;
                self.import_string(&name, at)
            }
            "importlib.util.find_spec" => {
                let name = first?.as_str()?;
                let from = self.module(self.budget.last().copied()?).file;
                match self.resolver.python(from, &name, 0) {
                    crate::resolve::Target::Missing => Some(Value::Null),
                    crate::resolve::Target::External(_) => None,
                    _ => Some(Value::text(name)),
                }
            }
            "pkgutil.iter_modules" | "pkgutil.walk_packages" => self.iter_modules(args, at),
            "glob.glob" | "os.listdir" | "os.walk" | "os.scandir" => {
                let list = Value::list(Vec::new());
                Some(with_open(list, true))
            }
            "os.path.exists" | "os.path.isdir" | "os.path.isfile" => None,
            "print" | "warnings.warn" => Some(Value::Null),
            "globals" | "locals" => None,
            "decouple.config" => self.environment_reader(symbol, args, at),
            _ if symbol.starts_with("traitlets.") => self.traitlet(symbol, args, at),
            _ if symbol.starts_with("google.protobuf.") => self.protobuf_call(symbol, args, at),
            _ => None,
        }
    }

    fn collection(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let kind = match symbol {
            "tuple" => ListKind::Tuple,
            "set" | "frozenset" => ListKind::Set,
            _ => ListKind::List,
        };
        let (mut items, open) = args.at(0).map(|v| self.items_of(v, at)).unwrap_or_default();
        if symbol == "reversed" {
            items.reverse();
        }
        if symbol == "sorted" && args.named.is_empty() && items.iter().all(|v| v.as_str().is_some()) {
            items.sort_by_key(|v| v.as_str());
        }
        Some(with_open(Value::of_kind(kind, items), open))
    }

    fn dict_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let dict = Rc::new(Dict::default());
        let makes = symbol.ends_with("defaultdict");
        if makes {
            *dict.proto.borrow_mut() = args.at(0).cloned();
        }
        let items = if makes { args.items.get(1..).unwrap_or_default() } else { &args.items[..] };
        for item in items {
            match self.force(item) {
                Value::List(list) if symbol.starts_with("copy.") => {
                    return Some(with_open(Value::of_kind(list.kind, list.items.borrow().clone()), list.open.get()));
                }
                list @ Value::List(_) => {
                    for pair in self.items_of(&list, at).0 {
                        let (pair, _) = self.items_of(&pair, at);
                        if let [key, value] = pair.as_slice() {
                            dict.set(key, value.clone());
                        }
                    }
                }
                other @ (Value::Dict(_) | Value::Unknown(_)) => self.merge_into(&dict, &other),
                other if symbol.starts_with("copy.") => return Some(other),
                other => self.merge_into(&dict, &other),
            }
        }
        for (name, value) in &args.named {
            dict.set(&Value::text(name.clone()), value.clone());
        }
        dict.open.set(dict.open.get() || args.open_named);
        Some(Value::Dict(dict))
    }

    fn joined_path(&mut self, args: &Args, at: Place) -> Option<Value> {
        let mut all = Text::default();
        for item in &args.items {
            let text = self.to_text(item, at);
            if text.starts_with("/") == Some(true) {
                all = Text::default();
            } else if !all.is_empty() && all.ends_with("/") != Some(true) {
                all.push_str("/");
            }
            all.push(&text);
        }
        Some(Value::Text(Rc::new(all)))
    }

    fn joined_url(&mut self, args: &Args, at: Place) -> Option<Value> {
        let base = self.to_text(args.at(0)?, at);
        let path = self.to_text(args.at(1)?, at);
        if path.starts_with("/") == Some(true) {
            return Some(Value::Text(Rc::new(path)));
        }
        let mut all = base.map_end(|s| s.rfind('/').map_or("", |i| &s[..=i]).into());
        all.push(&path);
        Some(Value::Text(Rc::new(all)))
    }

    fn range(&mut self, args: &Args) -> Option<Value> {
        let numbers: Option<Vec<i64>> = args.items.iter().map(|v| v.as_number().map(|n| n as i64)).collect();
        let numbers = numbers?;
        let (from, to, step) = match numbers.as_slice() {
            [to] => (0, *to, 1),
            [from, to] => (*from, *to, 1),
            [from, to, step] if *step > 0 => (*from, *to, *step),
            _ => return None,
        };
        Some(Value::list((from..to).step_by(step as usize).take(1_000).map(|n| Value::Number(n as f64)).collect()))
    }

    fn zip(&mut self, args: &Args, at: Place) -> Option<Value> {
        let lists: Vec<(Vec<Value>, bool)> = args.items.iter().map(|v| self.items_of(v, at)).collect();
        let length = lists.iter().map(|(l, _)| l.len()).min()?;
        let open = lists.iter().any(|(_, o)| *o);
        Some(with_open(Value::list((0..length).map(|i| Value::tuple(lists.iter().map(|(l, _)| l[i].clone()).collect())).collect()), open))
    }

    fn product(&mut self, args: &Args, at: Place) -> Option<Value> {
        let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
        for arg in &args.items {
            let (items, _) = self.items_of(arg, at);
            rows = rows
                .iter()
                .flat_map(|r| items.iter().map(|i| r.iter().cloned().chain([i.clone()]).collect::<Vec<_>>()).collect::<Vec<_>>())
                .take(2_000)
                .collect();
        }
        Some(Value::list(rows.into_iter().map(Value::tuple).collect()))
    }

    fn map_filter(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let f = args.at(0)?.clone();
        let (items, open) = self.items_of(args.at(1)?, at);
        let mut out = Vec::new();
        for item in items {
            let keep_none = symbol == "filter" && matches!(f, Value::Null);
            let result = if keep_none { item.clone() } else { self.callback(&f, vec![item.clone()], at) };
            if symbol == "map" {
                out.push(result);
            } else if self.truth(&result) != Some(false) {
                out.push(item);
            }
        }
        Some(with_open(Value::list(out), open))
    }

    fn attribute_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let value = self.force(args.at(0)?);
        let Some(name) = args.at(1).and_then(Value::as_str) else {
            return Some(Value::unknown("getattr()", "the attribute's name is not known", Some(at)));
        };
        match symbol {
            "setattr" => {
                self.set_attr(&value, &name, args.at(2)?.clone(), at);
                Some(Value::Null)
            }
            "hasattr" => match &value {
                Value::Unknown(_) | Value::Symbol(_) | Value::Either(_) | Value::Object(_) => None,
                Value::Instance(i) if crate::natives::is_closed(self, &i.class) => {
                    let has = i.fields.borrow().contains_key(&name) || self.class_attr(&i.class.clone(), &name).is_some();
                    Some(Value::Bool(has))
                }
                _ => match self.get_attr(&value, &name, Some(at)) {
                    None => Some(Value::Bool(false)),
                    Some(Value::Method(_) | Value::Unknown(_)) => {
                        let own = matches!(&value, Value::Class(c) if self.class_attr(&c.clone(), &name).is_some());
                        if own {
                            Some(Value::Bool(true))
                        } else if matches!(&value, Value::Class(c) if !self.has_outside_base(&c.clone())) {
                            Some(Value::Bool(false))
                        } else {
                            None
                        }
                    }
                    Some(_) => Some(Value::Bool(true)),
                },
            },
            _ => match self.get_attr(&value, &name, Some(at)) {
                Some(Value::Unknown(u)) => match args.at(2) {
                    Some(default) if !matches!(default, Value::Null) => Some(Value::Default(Rc::new(default.clone()))),
                    _ => Some(Value::Unknown(u)),
                },
                Some(Value::Method(m)) if args.at(2).is_some() && !matches!(m.receiver, Value::Object(_)) => args.at(2).cloned(),
                Some(Value::Symbol(s)) => match args.at(2) {
                    Some(default @ (Value::Text(_) | Value::Bool(_))) => Some(Value::Default(Rc::new(default.clone()))),
                    _ => Some(Value::Symbol(s)),
                },
                Some(found) => Some(found),
                None => Some(args.at(2).cloned().unwrap_or_else(|| Value::unknown(name, "there is no such attribute", Some(at)))),
            },
        }
    }

    fn instance_test(&mut self, symbol: &str, args: &Args) -> Option<Value> {
        let (value, class) = (self.force(args.at(0)?), args.at(1)?.clone());
        if symbol == "isinstance" {
            return self.is_instance(&value, &class).map(Value::Bool);
        }
        let Value::Class(own) = &value else { return None };
        let options = match self.force(&class) {
            Value::List(list) => list.items.borrow().clone(),
            other => vec![other],
        };
        let order = self.mro(own);
        let mut unknown = false;
        for option in options {
            match self.force(&option) {
                option @ (Value::Class(_) | Value::Symbol(_)) => {
                    if order.iter().any(|v| v.same(&option)) {
                        return Some(Value::Bool(true));
                    }
                }
                _ => unknown = true,
            }
        }
        (!unknown).then_some(Value::Bool(false))
    }

    /// `type(x)` and `type(name, bases, attrs)`.
    fn type_call(&mut self, args: &Args, at: Place) -> Option<Value> {
        if args.items.len() < 3 {
            return match self.force(args.at(0)?) {
                Value::Instance(i) => Some(Value::Class(i.class.clone())),
                Value::Object(o) => o.class.clone().map(Value::Class),
                _ => None,
            };
        }
        let name = args.at(0)?.as_str().unwrap_or_default();
        let (bases, _) = self.items_of(args.at(1)?, at);
        let model = bases.iter().find_map(|b| if let Value::Class(c) = self.force(b) { Some(c) } else { None });
        let module = model.as_ref().map_or(ModuleId(0), |c| c.module);
        let scope = self.module(module).scope.clone();
        let class = self.made_class(module, name, bases, scope, at);
        if let Value::Dict(attrs) = self.force(args.at(2)?) {
            for (key, (_, value)) in attrs.entries.borrow().iter() {
                if let Key::Text(key) = key {
                    class.attrs.borrow_mut().insert(key.clone(), value.clone());
                }
            }
        }
        Some(Value::Class(class))
    }

    pub(super) fn made_class(
        &mut self,
        module: ModuleId,
        name: SmolStr,
        bases: Vec<Value>,
        scope: crate::scope::Scope,
        at: Place,
    ) -> Rc<ClassValue> {
        Rc::new(ClassValue {
            module,
            class: None,
            name,
            bases: std::cell::RefCell::new(bases),
            attrs: Default::default(),
            getters: Default::default(),
            scope,
            marks: Default::default(),
            at,
            fields: Default::default(),
            conditions: self.conditions.clone(),
        })
    }

    fn namedtuple(&mut self, args: &Args, at: Place) -> Option<Value> {
        let name = args.at(0)?.as_str().unwrap_or_default();
        let fields: Vec<SmolStr> = match self.force(args.at(1)?) {
            Value::Text(text) => text.known()?.split([',', ' ']).filter(|f| !f.is_empty()).map(SmolStr::new).collect(),
            list => self
                .items_of(&list, at)
                .0
                .iter()
                .filter_map(|v| match v {
                    Value::List(pair) => pair.items.borrow().first().and_then(Value::as_str),
                    other => other.as_str(),
                })
                .collect(),
        };
        let module = self.budget.last().copied().unwrap_or(ModuleId(0));
        let scope = self.module(module).scope.clone();
        let class = self.made_class(module, name, Vec::new(), scope, at);
        *class.fields.borrow_mut() = fields;
        Some(Value::Class(class))
    }

    /// A field with a default.
    fn field(&mut self, args: &Args, at: Place) -> Option<Value> {
        if let Some(factory) = args.name("default_factory").or(args.name("factory")) {
            let factory = factory.clone();
            return Some(self.call_value(&factory, Args::default(), at));
        }
        match args.name("default").or(args.at(0)) {
            Some(Value::Unknown(_)) | None => Some(Value::unknown("field", "the field has no default", Some(at))),
            Some(default) => Some(default.clone()),
        }
    }

    /// Names of a module's, class's or instance's attributes.
    fn names_of(&mut self, value: &Value) -> Value {
        let names: Vec<SmolStr> = match self.force(value) {
            Value::Class(class) => {
                let mut names = Vec::new();
                for base in self.mro(&class) {
                    if let Value::Class(c) = base {
                        names.extend(c.attrs.borrow().keys().cloned());
                    }
                }
                names
            }
            Value::Instance(instance) => {
                let mut names: Vec<SmolStr> = instance.fields.borrow().keys().cloned().collect();
                for base in self.mro(&instance.class.clone()) {
                    if let Value::Class(c) = base {
                        names.extend(c.attrs.borrow().keys().cloned());
                    }
                }
                names
            }
            Value::Module(id) => self.module_entries(id).into_iter().map(|(n, _)| n).collect(),
            _ => return with_open(Value::list(Vec::new()), true),
        };
        let mut names = names;
        names.sort();
        names.dedup();
        Value::list(names.into_iter().map(Value::text).collect())
    }

    /// importlib.import_module(name, package).
    fn import_by_name(&mut self, args: &Args, at: Place) -> Option<Value> {
        let names: Vec<SmolStr> = args.at(0)?.alternatives().iter().filter_map(Value::as_str).collect();
        if names.is_empty() {
            return Some(Value::unknown(self.label(args.at(0)?), "the imported module is only known at run time", Some(at)));
        }
        let from = self.module(self.budget.last().copied()?).file;
        let values: Vec<Value> = names
            .iter()
            .map(|name| {
                let level = name.chars().take_while(|c| *c == '.').count() as u32;
                let module = match (level, args.at(1).or(args.name("package")).and_then(Value::as_str)) {
                    (1.., Some(package)) => {
                        let mut base: Vec<&str> = package.split('.').collect();
                        base.truncate(base.len().saturating_sub(level as usize - 1));
                        format!("{}.{}", base.join("."), name.trim_start_matches('.'))
                    }
                    _ => name.trim_start_matches('.').to_owned(),
                };
                let level = if args.items.len() > 1 { 0 } else { level };
                let target = self.resolver.python(from, &module, level);
                let value = self.target_value(target, None);
                if let Value::Module(id) = &value {
                    self.run_module(*id);
                }
                value
            })
            .collect();
        Some(Value::either(values))
    }

    /// `package.module.name` or `package.module:name` as a value.
    pub(crate) fn import_string(&mut self, name: &str, _at: Place) -> Option<Value> {
        let (module, attr) = name.rsplit_once([':', '.'])?;
        let from = self.module(self.budget.last().copied().unwrap_or(ModuleId(0))).file;
        let target = self.resolver.python(from, module, 0);
        let value = self.target_value(target, None);
        self.member(&value, attr).map(|v| self.force(&v))
    }

    /// pkgutil.iter_modules(path): (finder, name, is_package) of the folder's modules.
    fn iter_modules(&mut self, args: &Args, at: Place) -> Option<Value> {
        let path = args.get(0, "path")?.clone();
        let (paths, _) = self.items_of(&path, at);
        let folder = paths.iter().find_map(Value::as_str)?;
        let folder = folder.trim_start_matches('/').to_owned();
        let prefix = args.get(1, "prefix").and_then(Value::as_str).unwrap_or_default();
        let mut found: Vec<(SmolStr, bool)> = Vec::new();
        for (_, file) in self.input.files.iter() {
            let Some(rest) = file.path.strip_prefix(folder.as_str()).and_then(|r| r.strip_prefix('/')) else { continue };
            if let Some(name) = rest.strip_suffix(".py").filter(|n| !n.contains('/') && *n != "__init__") {
                found.push((SmolStr::new(name), false));
            } else if let Some(name) = rest.strip_suffix("/__init__.py").filter(|n| !n.contains('/')) {
                found.push((SmolStr::new(name), true));
            }
        }
        found.sort();
        let module = self.budget.last().copied().unwrap_or(ModuleId(0));
        let scope = self.module(module).scope.clone();
        let class = self.made_class(module, "ModuleInfo".into(), Vec::new(), scope, at);
        *class.fields.borrow_mut() = ["module_finder", "name", "ispkg"].map(SmolStr::new_static).to_vec();
        let info = |(name, package): (SmolStr, bool)| {
            let instance = Instance { class: class.clone(), fields: Default::default(), assumed: false, at };
            let values = [Value::Null, Value::text(format!("{prefix}{name}")), Value::Bool(package)];
            instance.fields.borrow_mut().extend(class.fields.borrow().iter().cloned().zip(values));
            Value::Instance(Rc::new(instance))
        };
        Some(Value::list(found.into_iter().map(info).collect()))
    }
}

fn with_open(list: Value, open: bool) -> Value {
    if let Value::List(l) = &list {
        l.open.set(open);
    }
    list
}
