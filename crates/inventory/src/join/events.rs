//! Channels of AsyncAPI beside code that serves single events: a channel is parted into its messages where endpoints have their names.
//!
//! Socket.IO and the like give each event an endpoint, `<mount>#<event>`. Documents write events as messages of one channel, or as
//! channels of their own. A plain WebSocket has one endpoint for all its messages, and there a channel stays whole.

use apicensus_catalog::{Audience, Catalog, Contract, ContractKind, ContractOperation, Protocol};
use std::collections::BTreeSet;

/// Parts the operations of a contract whose messages or channels are events of the code.
pub fn part(contract: &mut Contract, catalog: &Catalog) {
    if contract.kind != ContractKind::Asyncapi {
        return;
    }
    let is_served = |protocol: Protocol, audience: Audience| protocol == Protocol::WebSocket && audience == Audience::Production;
    let served = catalog.endpoints.iter().filter(|e| is_served(e.protocol, e.audience));
    let events: BTreeSet<&str> = served.filter_map(|e| e.path.split_once('#').map(|(_, event)| event)).collect();
    if events.is_empty() {
        return;
    }
    let operations = std::mem::take(&mut contract.operations);
    contract.operations = operations.into_iter().flat_map(|operation| parts(operation, &events)).collect();
    contract.operation_count = contract.operations.len() as u64;
}

fn parts(operation: ContractOperation, events: &BTreeSet<&str>) -> Vec<ContractOperation> {
    let name = operation.path.trim_start_matches('/');
    if events.contains(name) {
        return vec![ContractOperation { path: format!("#{name}"), ..operation }];
    }
    if !operation.messages.iter().any(|message| events.contains(message.name.as_str())) {
        return vec![operation];
    }
    let one = |message: &apicensus_catalog::DeclaredMessage| ContractOperation {
        path: format!("{}#{}", if operation.path == "/" { "" } else { &operation.path }, message.name),
        at: message.at.clone(),
        messages: Vec::new(),
        ..operation.clone()
    };
    operation.messages.iter().map(one).collect()
}
