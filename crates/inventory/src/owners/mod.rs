//! Who answers for services and endpoints: what the policy says, else the owners file of the handler, else the component of the
//! service.

pub mod backstage;
pub mod codeowners;

use apicensus_catalog::{Catalog, Trouble, TroubleKind, View};
use apicensus_source::Tree;
use codeowners::CodeOwners;
use std::collections::{BTreeMap, HashMap};

/// Where owners files stand, the one that counts first: GitHub looks at the first three in this order, GitLab at the last three.
const FILES: &[&str] = &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];
/// Backstage's files.
const COMPONENTS: &[&str] = &["catalog-info.yaml", "catalog-info.yml"];

/// Sets the owners of services and endpoints that the policy says nothing of.
pub fn apply(catalog: &mut Catalog, tree: &Tree) {
    let files = code_owners(catalog, tree);
    let components = components(catalog, tree);
    let is_said = catalog.services.iter().any(|s| !s.owners.is_empty());
    if files.is_some() || !components.is_empty() || is_said {
        catalog.views.push(View::Owners);
    }
    let mut of_service: HashMap<String, (bool, Vec<String>)> = HashMap::new();
    for service in &mut catalog.services {
        let is_policy = !service.owners.is_empty();
        if !is_policy {
            let component = nearest(&components, &service.root).and_then(|all| backstage::of_service(all, &service.name, &service.root));
            let place = service.entry.as_ref().map(|e| e.file.clone()).or_else(|| service.manifest.clone());
            service.owners = match (component, &files, place) {
                (Some(component), ..) => vec![component.owner.clone()],
                (None, Some(files), Some(place)) => files.of(&place).unwrap_or_default(),
                _ => Vec::new(),
            };
        }
        of_service.insert(service.id.clone(), (is_policy, service.owners.clone()));
    }
    for endpoint in &mut catalog.endpoints {
        let (is_policy, of_service) = of_service.get(&endpoint.service).cloned().unwrap_or_default();
        let file = endpoint.handler.as_ref().map_or(&endpoint.registered_at.file, |h| &h.file);
        let own = files.as_ref().filter(|_| !is_policy).and_then(|files| files.of(file));
        // A line that takes a file's owners away leaves it to nobody; where there is none the service answers.
        endpoint.owners = own.unwrap_or(of_service);
    }
}

/// The owners file that counts. It is about the whole repository, so that of a part of one is not looked for.
fn code_owners(catalog: &mut Catalog, tree: &Tree) -> Option<CodeOwners> {
    if tree.repository().is_some_and(|r| !r.prefix.is_empty()) {
        return None;
    }
    let (file, bytes) = FILES.iter().find_map(|file| Some((*file, tree.read(tree.find(file)?).ok()?)))?;
    let text = String::from_utf8_lossy(&bytes);
    let read = CodeOwners::parse(&text, CodeOwners::flavour(file, &text));
    catalog.troubles.extend(read.broken.iter().map(|(line, message)| trouble(file, *line, message)));
    Some(read)
}

/// The components of each file, by its folder.
fn components(catalog: &mut Catalog, tree: &Tree) -> BTreeMap<String, Vec<backstage::Component>> {
    let mut found: BTreeMap<String, Vec<backstage::Component>> = BTreeMap::new();
    for (at, entry) in tree.files().iter().enumerate() {
        let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        if !COMPONENTS.contains(&name) {
            continue;
        }
        let Ok(bytes) = tree.read(at) else { continue };
        let (components, broken) = backstage::parse(&String::from_utf8_lossy(&bytes));
        catalog.troubles.extend(broken.iter().map(|(line, message)| trouble(&entry.path, *line, message)));
        if !components.is_empty() {
            found.entry(folder.to_owned()).or_default().extend(components);
        }
    }
    found
}

/// The components of the nearest folder at or above another one.
fn nearest<'c>(all: &'c BTreeMap<String, Vec<backstage::Component>>, root: &str) -> Option<&'c [backstage::Component]> {
    let mut folder = root;
    loop {
        if let Some(found) = all.get(folder) {
            return Some(found);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

fn trouble(file: &str, line: u32, message: &str) -> Trouble {
    let effect = "owners that it names are missing".to_owned();
    Trouble { kind: TroubleKind::Manifest, repository: String::new(), file: file.to_owned(), line, message: message.to_owned(), effect }
}
