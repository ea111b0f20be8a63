//! Python's protobuf runtime: generated modules give their messages, services and extensions, and descriptors answer
//! what registration code asks of them (`service.DESCRIPTOR.methods`, `method.GetOptions().Extensions[ext].field`).
//!
//! Every generation of generated code is read by its serialised file descriptor; what stands around it only names
//! parts of it. Custom options are decoded with the message types of the pool. Left out: maps and `Any`.

mod services;
mod wire;

use crate::output::Place;
use crate::value::*;
use crate::world::World;
use rustc_hash::FxHashMap;
pub(crate) use services::Service;
use smol_str::SmolStr;
use std::rc::Rc;
use wire::{Field, Fields, Wire};

/// Messages in messages are made no deeper.
const MAX_DEPTH: u32 = 6;
const PACKAGE: &str = "google.protobuf";
const POOL: &str = "google.protobuf.descriptor_pool.DescriptorPool";

/// The descriptors of all files met so far.
#[derive(Default)]
pub struct Pool {
    files: FxHashMap<SmolStr, Value>,
    /// The services of `.proto` files, once they were read.
    services: Option<Rc<Vec<Service>>>,
    /// By full name.
    messages: FxHashMap<SmolStr, MessageType>,
    /// Descriptors of services, extensions and messages by full name.
    descriptors: FxHashMap<SmolStr, Value>,
    /// By the message that is extended.
    extensions: FxHashMap<SmolStr, Vec<(Rc<Field>, Value)>>,
    /// The kind of options and their bytes, by a descriptor's identity.
    options: FxHashMap<usize, (&'static str, Rc<Vec<u8>>)>,
    /// Request and response types, by a method descriptor's identity.
    methods: FxHashMap<usize, (SmolStr, SmolStr)>,
}

#[derive(Clone)]
struct MessageType {
    fields: Rc<Vec<Field>>,
    class: Rc<ClassValue>,
}

/// Where a file's names go and what they are called.
struct Site {
    module: ModuleId,
    at: Place,
}

impl World<'_> {
    /// A function of the protobuf runtime.
    pub(super) fn protobuf_call(&mut self, symbol: &str, args: &Args, at: Place) -> Option<Value> {
        let name = symbol.strip_prefix(PACKAGE)?.rsplit('.').next()?;
        match name {
            "Default" if symbol.contains("descriptor_pool") => Some(Value::Symbol(POOL.into())),
            "AddSerializedFile" => self.add_file(args.at(0)?, at),
            "FileDescriptor" => self.add_file(args.name("serialized_pb")?, at),
            "Descriptor" | "ServiceDescriptor" | "FieldDescriptor" => {
                let name = args.name("full_name").and_then(Value::as_str)?;
                self.protobuf.descriptors.get(&name).cloned()
            }
            "FindServiceByName" | "FindMessageTypeByName" | "FindExtensionByName" => {
                let name = args.at(0).and_then(Value::as_str)?;
                self.protobuf.descriptors.get(&name).cloned()
            }
            "FindFileByName" => self.protobuf.files.get(&args.at(0).and_then(Value::as_str)?).cloned(),
            "GeneratedProtocolMessageType" | "GeneratedServiceType" => {
                let Value::Dict(attrs) = self.force(args.at(2)?) else { return None };
                let descriptor = attrs.get("DESCRIPTOR")?;
                self.get_attr(&descriptor, "_concrete_class", Some(at))
            }
            "GetMessageClass" | "GetPrototype" => self.get_attr(args.at(0)?, "_concrete_class", Some(at)),
            _ => None,
        }
    }

    /// A method of a descriptor, a service or an options message; None when the receiver is no such thing.
    pub(crate) fn protobuf_method(
        &mut self,
        class: &Rc<ClassValue>,
        receiver: &Value,
        name: &str,
        args: &Args,
        at: Place,
    ) -> Option<Value> {
        let ours = |v: &Value| matches!(v, Value::Symbol(s) if s.starts_with(PACKAGE));
        if self.protobuf.files.is_empty() || !class.bases.borrow().iter().any(ours) {
            return None;
        }
        match name {
            "GetOptions" => self.options(receiver, at),
            "HasExtension" => {
                let Some(Value::Dict(given)) = self.get_attr(receiver, "@given", None) else { return None };
                let key = Key::of(&self.force(args.at(0)?))?;
                let has = given.entries.borrow().contains_key(&key);
                Some(Value::Bool(has))
            }
            "GetRequestClass" | "GetResponseClass" => {
                let method = self.force(args.at(0)?);
                let (input, output) = self.protobuf.methods.get(&method.ptr()?)?.clone();
                let wanted = if name == "GetRequestClass" { input } else { output };
                self.protobuf.messages.get(&wanted).map(|m| Value::Class(m.class.clone()))
            }
            "GetDescriptor" => self.class_attr(class, "DESCRIPTOR"),
            "FindMethodByName" => match self.get_attr(receiver, "methods_by_name", None)? {
                Value::Dict(all) => all.get(&args.at(0)?.as_str()?),
                _ => None,
            },
            _ => None,
        }
    }

    /// Adds a serialised file: its types are known, and its names stand in the module that adds it.
    fn add_file(&mut self, bytes: &Value, at: Place) -> Option<Value> {
        let text = bytes.as_str()?;
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let file = wire::file(&bytes?);
        let site = Site { module: self.budget.last().copied()?, at };
        if let Some(known) = self.protobuf.files.get(&file.name).cloned() {
            self.bind_file(&site, &file);
            return Some(known);
        }
        for message in &file.messages {
            self.add_message(&site, &file.package, message);
        }
        for extension in &file.extensions {
            self.add_extension(&site, &file.package, extension);
        }
        for service in &file.services {
            self.add_service(&site, &file.package, service);
        }
        let by_name = |world: &Self, names: Vec<&SmolStr>| {
            let found =
                names.into_iter().filter_map(|n| Some((n.clone(), world.protobuf.descriptors.get(&full(&file.package, n))?.clone())));
            Value::dict(found.collect::<Vec<_>>())
        };
        let fields = vec![
            ("name", Value::text(file.name.clone())),
            ("package", Value::text(file.package.clone())),
            ("message_types_by_name", by_name(self, file.messages.iter().map(|m| &m.name).collect())),
            ("services_by_name", by_name(self, file.services.iter().map(|s| &s.name).collect())),
            ("extensions_by_name", by_name(self, file.extensions.iter().map(|e| &e.name).collect())),
        ];
        let value = self.descriptor(&site, "FileDescriptor", fields);
        self.protobuf.files.insert(file.name.clone(), value.clone());
        self.bind_file(&site, &file);
        Some(value)
    }

    /// Sets a file's names in its module, as the generated code does.
    fn bind_file(&mut self, site: &Site, file: &wire::File) {
        let scope = self.module(site.module).scope.clone();
        let mut names: Vec<(SmolStr, Value)> = Vec::new();
        for name in file.messages.iter().map(|m| &m.name).chain(file.services.iter().map(|s| &s.name)) {
            if let Some(descriptor) = self.protobuf.descriptors.get(&full(&file.package, name)).cloned() {
                names.push((SmolStr::new(format!("_{}", name.to_uppercase())), descriptor.clone()));
                if let Some(class) = self.get_attr(&descriptor, "_concrete_class", None) {
                    names.push((name.clone(), class));
                }
            }
        }
        for extension in &file.extensions {
            if let Some(descriptor) = self.protobuf.descriptors.get(&full(&file.package, &extension.name)) {
                names.push((extension.name.clone(), descriptor.clone()));
            }
        }
        for (name, number) in file.enums.iter().flat_map(|e| &e.values) {
            names.push((name.clone(), Value::Number(*number as f64)));
        }
        for (name, value) in names {
            self.set_name(&scope, &name, value);
        }
    }

    fn add_message(&mut self, site: &Site, package: &str, message: &wire::Message) {
        let name = full(package, &message.name);
        let class = self.generated_class(site, &message.name, "google.protobuf.message.Message");
        self.protobuf.messages.insert(name.clone(), MessageType { fields: Rc::new(message.fields.clone()), class: class.clone() });
        for nested in &message.nested {
            self.add_message(site, &name, nested);
            if let Some(inner) = self.protobuf.messages.get(&full(&name, &nested.name)) {
                class.attrs.borrow_mut().insert(nested.name.clone(), Value::Class(inner.class.clone()));
            }
        }
        for (value, number) in message.enums.iter().flat_map(|e| &e.values) {
            class.attrs.borrow_mut().insert(value.clone(), Value::Number(*number as f64));
        }
        for extension in &message.extensions {
            let descriptor = self.add_extension(site, &name, extension);
            class.attrs.borrow_mut().insert(extension.name.clone(), descriptor);
        }
        let fields = vec![
            ("name", Value::text(message.name.clone())),
            ("full_name", Value::text(name.clone())),
            ("_concrete_class", Value::Class(class.clone())),
        ];
        let descriptor = self.descriptor(site, "Descriptor", fields);
        self.note_options(&descriptor, "google.protobuf.MessageOptions", &message.options);
        class.attrs.borrow_mut().insert("DESCRIPTOR".into(), descriptor.clone());
        self.protobuf.descriptors.insert(name, descriptor);
    }

    fn add_extension(&mut self, site: &Site, package: &str, extension: &Field) -> Value {
        let name = full(package, &extension.name);
        let fields = vec![
            ("name", Value::text(extension.name.clone())),
            ("full_name", Value::text(name.clone())),
            ("number", Value::Number(f64::from(extension.number))),
        ];
        let descriptor = self.descriptor(site, "FieldDescriptor", fields);
        let extended = SmolStr::new(extension.extendee.trim_start_matches('.'));
        self.protobuf.extensions.entry(extended).or_default().push((Rc::new(extension.clone()), descriptor.clone()));
        self.protobuf.descriptors.insert(name, descriptor.clone());
        descriptor
    }

    fn add_service(&mut self, site: &Site, package: &str, service: &wire::Service) {
        let name = full(package, &service.name);
        let class = self.generated_class(site, &service.name, "google.protobuf.service.Service");
        let mut methods = Vec::new();
        for (index, method) in service.methods.iter().enumerate() {
            let (input, output) = (method.input.trim_start_matches('.'), method.output.trim_start_matches('.'));
            let of = |world: &Self, name: &str| world.protobuf.descriptors.get(name).cloned().unwrap_or(Value::Null);
            let fields = vec![
                ("name", Value::text(method.name.clone())),
                ("full_name", Value::text(full(&name, &method.name))),
                ("index", Value::Number(index as f64)),
                ("input_type", of(self, input)),
                ("output_type", of(self, output)),
            ];
            let descriptor = self.descriptor(site, "MethodDescriptor", fields);
            self.note_options(&descriptor, "google.protobuf.MethodOptions", &method.options);
            if let Some(ptr) = descriptor.ptr() {
                self.protobuf.methods.insert(ptr, (input.into(), output.into()));
            }
            methods.push((method.name.clone(), descriptor));
        }
        let fields = vec![
            ("name", Value::text(service.name.clone())),
            ("full_name", Value::text(name.clone())),
            ("methods", Value::list(methods.iter().map(|(_, m)| m.clone()).collect())),
            ("methods_by_name", Value::dict(methods)),
            ("_concrete_class", Value::Class(class.clone())),
        ];
        let descriptor = self.descriptor(site, "ServiceDescriptor", fields);
        self.note_options(&descriptor, "google.protobuf.ServiceOptions", &service.options);
        class.attrs.borrow_mut().insert("DESCRIPTOR".into(), descriptor.clone());
        self.protobuf.descriptors.insert(name, descriptor);
    }

    fn note_options(&mut self, descriptor: &Value, kind: &'static str, bytes: &[u8]) {
        if let Some(ptr) = descriptor.ptr() {
            self.protobuf.options.insert(ptr, (kind, Rc::new(bytes.to_vec())));
        }
    }

    fn generated_class(&mut self, site: &Site, name: &SmolStr, base: &'static str) -> Rc<ClassValue> {
        let scope = self.module(site.module).scope.clone();
        self.made_class(site.module, name.clone(), vec![Value::Symbol(base.into())], scope, site.at)
    }

    fn descriptor(&mut self, site: &Site, kind: &'static str, fields: Vec<(&'static str, Value)>) -> Value {
        let class = self.generated_class(site, &kind.into(), "google.protobuf.descriptor.DescriptorBase");
        let instance = Instance { class, fields: Default::default(), assumed: false, at: site.at };
        instance.fields.borrow_mut().extend(fields.into_iter().map(|(n, v)| (SmolStr::new_static(n), v)));
        Value::Instance(Rc::new(instance))
    }

    /// A descriptor's options: its extensions are a dict by their descriptors; those not set have their defaults.
    fn options(&mut self, descriptor: &Value, at: Place) -> Option<Value> {
        let (kind, bytes) = self.protobuf.options.get(&descriptor.ptr()?)?.clone();
        let known = self.protobuf.extensions.get(kind).cloned().unwrap_or_default();
        let (all, given) = (Rc::new(Dict::default()), Rc::new(Dict::default()));
        for (field, extension) in known {
            let wires: Vec<Wire<'_>> = Fields::new(&bytes).filter(|(n, _)| *n == field.number).map(|(_, w)| w).collect();
            let value = self.field_value(&field, &wires, at, 0);
            if !wires.is_empty() {
                given.set(&extension, value.clone());
            }
            all.set(&extension, value);
        }
        let deprecated = Fields::new(&bytes).any(|(n, w)| n == DEPRECATED && w == Wire::Number(1));
        let site = Site { module: self.budget.last().copied()?, at };
        let fields = vec![("Extensions", Value::Dict(all)), ("@given", Value::Dict(given)), ("deprecated", Value::Bool(deprecated))];
        Some(self.descriptor(&site, "Options", fields))
    }

    fn field_value(&mut self, field: &Field, wires: &[Wire<'_>], at: Place, depth: u32) -> Value {
        if field.label == REPEATED {
            let mut items = Vec::new();
            for wire in wires {
                match wire {
                    Wire::Bytes(bytes) if !matches!(field.kind, STRING | MESSAGE | BYTES | GROUP) => {
                        items.extend(Fields::new(bytes).packed().into_iter().map(|n| Value::Number(n as f64)));
                    }
                    wire => items.push(self.single_value(field, Some(wire), at, depth)),
                }
            }
            return Value::list(items);
        }
        self.single_value(field, wires.last(), at, depth)
    }

    fn single_value(&mut self, field: &Field, wire: Option<&Wire<'_>>, at: Place, depth: u32) -> Value {
        let default = field.default.clone();
        match (field.kind, wire) {
            (STRING | BYTES, Some(Wire::Bytes(bytes))) => Value::text(String::from_utf8_lossy(bytes)),
            (STRING | BYTES, _) => Value::text(default.unwrap_or_default()),
            (MESSAGE, wire) => {
                let bytes = if let Some(Wire::Bytes(bytes)) = wire { bytes } else { &[][..] };
                self.message_value(field.type_name.trim_start_matches('.'), bytes, at, depth + 1)
            }
            (BOOL, Some(Wire::Number(n))) => Value::Bool(*n != 0),
            (BOOL, _) => Value::Bool(default.as_deref() == Some("true")),
            (DOUBLE, Some(Wire::Fixed64(n))) => Value::Number(f64::from_bits(*n)),
            (FLOAT, Some(Wire::Fixed32(n))) => Value::Number(f64::from(f32::from_bits(*n))),
            (_, Some(Wire::Number(n) | Wire::Fixed64(n))) => Value::Number(*n as i64 as f64),
            (_, Some(Wire::Fixed32(n))) => Value::Number(f64::from(*n)),
            _ => Value::Number(default.and_then(|d| d.parse().ok()).unwrap_or_default()),
        }
    }

    fn message_value(&mut self, name: &str, bytes: &[u8], at: Place, depth: u32) -> Value {
        let Some(message) = self.protobuf.messages.get(name).cloned().filter(|_| depth < MAX_DEPTH) else {
            return Value::unknown(name, "its message type is not in the tree", Some(at));
        };
        let instance = Instance { class: message.class, fields: Default::default(), assumed: false, at };
        let wires: Vec<(u32, Wire<'_>)> = Fields::new(bytes).collect();
        for field in message.fields.iter() {
            let own: Vec<Wire<'_>> = wires.iter().filter(|(n, _)| *n == field.number).map(|(_, w)| w.clone()).collect();
            let value = self.field_value(field, &own, at, depth);
            instance.fields.borrow_mut().insert(field.name.clone(), value);
        }
        Value::Instance(Rc::new(instance))
    }
}

/// `deprecated` in every kind of options that routes come from.
const DEPRECATED: u32 = 33;
const REPEATED: u64 = 3;
const DOUBLE: u64 = 1;
const FLOAT: u64 = 2;
const BOOL: u64 = 8;
const STRING: u64 = 9;
const GROUP: u64 = 10;
const MESSAGE: u64 = 11;
const BYTES: u64 = 12;

fn full(package: &str, name: &str) -> SmolStr {
    if package.is_empty() { SmolStr::new(name) } else { SmolStr::new(format!("{package}.{name}")) }
}
