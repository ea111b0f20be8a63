//! The targets of `cargo xtask fuzz` under libFuzzer; `APICENSUS_FUZZ` names the one. `cargo xtask fuzz TARGET --guided` writes the
//! seeds and runs it (needs cargo-fuzz and a nightly compiler).

#![no_main]

#[path = "../../xtask/src/fuzz/targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use targets::TARGETS;

/// The function of the target that is named.
static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("APICENSUS_FUZZ").unwrap_or_default();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("APICENSUS_FUZZ={name} is no target")).1
});

fuzz_target!(|data: &[u8]| {
    // Files are lowered on threads with room for deep nesting.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(apicensus_syntax::lower::STACK);
        let run = thread.spawn_scoped(scope, || RUN(data)).expect("a thread");
        run.join().expect("no panic");
    });
});
