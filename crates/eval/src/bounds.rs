//! How far an evaluation goes before it gives up.

/// Steps an outermost call may take in which nothing is made or registered: what runs longer is the application's
/// business, not its registration. Calls inside may take half as many each level, but at least [`LEAST_IDLE_STEPS`].
pub const IDLE_STEPS: u64 = 250_000;
/// Steps any call may take so.
pub const LEAST_IDLE_STEPS: u64 = 6_000;
/// Depth of calls of user functions.
pub const MAX_CALLS: usize = 60;
/// Recursion of one function.
pub const MAX_RECURSION: usize = 3;
/// Recursion of one function down a structure of lists and framework objects, another part of it each time.
pub const MAX_DESCENT: usize = 8;
/// Turns of one loop.
pub const MAX_TURNS: usize = 3_000;
/// Turns of a counting loop in which nothing was made or registered.
pub const MAX_IDLE_TURNS: usize = 100;
/// Depth of nested expressions and statements.
pub const MAX_NESTING: u32 = 4_000;
