//! The modules that Node.js brings along.

/// Whether a specifier (without `node:`) names a built-in module.
pub fn is_builtin(spec: &str) -> bool {
    let first = spec.split('/').next().unwrap_or(spec);
    BUILTINS.binary_search(&first).is_ok() && (first.len() == spec.len() || SUBPATHS.contains(&spec))
}

#[rustfmt::skip]
const BUILTINS: &[&str] = &[
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
    "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os",
    "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder", "sys",
    "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
];

#[rustfmt::skip]
const SUBPATHS: &[&str] = &[
    "assert/strict", "dns/promises", "fs/promises", "inspector/promises", "path/posix", "path/win32", "readline/promises",
    "stream/consumers", "stream/promises", "stream/web", "timers/promises", "util/types",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_subpaths() {
        assert!(BUILTINS.is_sorted());
        assert!(is_builtin("fs") && is_builtin("fs/promises"));
        assert!(!is_builtin("fs/x") && !is_builtin("courier") && !is_builtin("events/") && !is_builtin(""));
    }
}
