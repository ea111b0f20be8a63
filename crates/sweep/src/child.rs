//! One scan in a process of its own, held within its limits from outside.
//!
//! The child is the leader of a process group, which is killed as a whole. It gets its task on the standard input, after its limits
//! were set, and that stays open while the parent lives: a child that reads its end knows that nobody waits any more. Nothing
//! about the task stands in its arguments or environment.
//!
//! Time, memory and disk are watched by the parent, file sizes by the kernel (on Linux). Memory is what is resident: address space is only
//! reserved, and much of it, for stacks; a limit far above keeps single requests within reason.

use crate::queue::Usage;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Bytes of its error output that are kept, the last ones.
const MOST_SAID: usize = 8 << 10;
/// The longest pause between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Between two looks at the disk.
const DISK_LOOK: Duration = Duration::from_millis(500);
/// Address space beyond the memory that it may take, in bytes: a scan reserves 1 GiB for the stack of each language.
#[cfg(target_os = "linux")]
const RESERVED: u64 = 16 << 30;
/// Entries of the scratch folder that are counted at most.
const MOST_ENTRIES: u64 = 2_000_000;

/// What a child may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Time.
    pub wall: Duration,
    /// Resident memory, in bytes.
    pub memory: u64,
    /// The largest file it writes, in bytes.
    pub file: u64,
    /// Everything it writes, in bytes.
    pub disk: u64,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with this code.
    Exit(i32),
    /// By a signal that the parent did not send.
    Signal(i32),
    /// It took too long.
    Wall,
    /// It took too much memory.
    Memory,
    /// It wrote too much.
    Disk,
    /// The parent was asked to stop.
    Stopped,
}

/// A child that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub how: How,
    /// What it took.
    pub usage: Usage,
    /// The end of its error output.
    pub said: String,
}

/// Runs a command to its end, or to its limits.
///
/// # Errors
/// When the process can't be started.
pub fn run(command: &mut Command, task: &[u8], caps: &Caps, scratch: &Path, stopped: &dyn Fn() -> bool) -> std::io::Result<Ended> {
    let begun = Instant::now();
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    limit(&child, caps);
    let input = child.stdin.take().map(|mut input| {
        // A child that does not read its task shows by how it ends.
        let _ = input.write_all(task).and_then(|()| input.write_all(b"\n")).and_then(|()| input.flush());
        input
    });
    let errors = child.stderr.take().map(|errors| std::thread::spawn(move || tail(errors)));
    let (how, mut usage) = watch(&mut child, begun, caps, scratch, stopped);
    kill_group(&child);
    let status = child.wait();
    drop(input);
    let said = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
    usage.wall = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    let how = how.unwrap_or_else(|| status.map_or(How::Exit(-1), ended));
    Ok(Ended { how, usage, said })
}

fn ended(status: ExitStatus) -> How {
    status.signal().map_or_else(|| How::Exit(status.code().unwrap_or(-1)), How::Signal)
}

/// Waits for the end of the child or of what it may take; none when it ended by itself.
fn watch(child: &mut Child, begun: Instant, caps: &Caps, scratch: &Path, stopped: &dyn Fn() -> bool) -> (Option<How>, Usage) {
    let mut usage = Usage::default();
    let mut pause = Duration::from_millis(2);
    let mut looked = Instant::now();
    loop {
        measure(child, &mut usage);
        if has_ended(child) {
            measure(child, &mut usage);
            return (None, usage);
        }
        if begun.elapsed() >= caps.wall {
            return (Some(How::Wall), usage);
        }
        if u64::try_from(usage.memory).unwrap_or(0) << 10 > caps.memory {
            return (Some(How::Memory), usage);
        }
        if stopped() {
            return (Some(How::Stopped), usage);
        }
        if looked.elapsed() >= DISK_LOOK {
            looked = Instant::now();
            if size(scratch) > caps.disk {
                return (Some(How::Disk), usage);
            }
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(LOOK);
    }
}

/// Whether it ended; it stays there to be measured.
fn has_ended(child: &Child) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let Some(pid) = pid(child) else { return true };
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}

fn pid(child: &Child) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(child.id()).ok()?)
}

fn kill_group(child: &Child) {
    if let Some(pid) = pid(child) {
        // It may have gone.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(target_os = "linux")]
fn limit(child: &Child, caps: &Caps) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let both = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    for (resource, most) in [(Resource::As, caps.memory.saturating_add(RESERVED)), (Resource::Fsize, caps.file), (Resource::Core, 0)] {
        if let Err(error) = prlimit(pid(child), resource, both(most)) {
            tracing::warn!(?resource, %error, "a limit could not be set");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn limit(_: &Child, _: &Caps) {
    // The kernel offers no way to limit another process: the child does it by itself.
}

/// What it took so far: time of its processes, and its largest size.
#[cfg(target_os = "linux")]
fn measure(child: &Child, usage: &mut Usage) {
    let of = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default();
    let stat = of("stat");
    // The name in brackets may hold spaces; user, system, and those of ended children are fields 14 to 17 of proc(5).
    let fields: Vec<&str> = stat.rsplit_once(')').map_or(Vec::new(), |(_, rest)| rest.split_whitespace().collect());
    let ticks: i64 = fields.get(11..15).unwrap_or_default().iter().filter_map(|field| field.parse::<i64>().ok()).sum();
    usage.cpu = usage.cpu.max(ticks * 10);
    let status = of("status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|rest| rest.split_whitespace().next());
    usage.memory = usage.memory.max(peak.and_then(|number| number.parse().ok()).unwrap_or(0));
}

#[cfg(not(target_os = "linux"))]
fn measure(_: &Child, _: &mut Usage) {}

/// Bytes of all files below a folder; links are not followed.
pub(crate) fn size(folder: &Path) -> u64 {
    let (mut sum, mut entries) = (0_u64, 0_u64);
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                return u64::MAX;
            }
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                Ok(meta) => sum = sum.saturating_add(meta.len()),
                Err(_) => {}
            }
        }
    }
    sum
}

/// The last bytes of a stream, read to its end.
fn tail(mut stream: impl Read) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0_u8; 4096]);
    while let Ok(number @ 1..) = stream.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..number]);
        if kept.len() > 2 * MOST_SAID {
            kept.drain(..kept.len() - MOST_SAID);
        }
    }
    let from = kept.len().saturating_sub(MOST_SAID);
    String::from_utf8_lossy(&kept[from..]).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sh(script: &str, caps: &Caps) -> Ended {
        let scratch = tempfile::tempdir().unwrap();
        run(Command::new("sh").args(["-c", script]).current_dir(scratch.path()), b"task", caps, scratch.path(), &|| false).unwrap()
    }

    fn caps() -> Caps {
        Caps { wall: Duration::from_secs(20), memory: 4 << 30, file: 1 << 30, disk: 1 << 30 }
    }

    #[test]
    fn it_gets_its_task_and_says_how_it_ended() {
        let ended = sh("read task; test \"$task\" = task || exit 9; echo trouble >&2; exit 3", &caps());
        assert_eq!((ended.how, ended.said.as_str()), (How::Exit(3), "trouble\n"));
        assert_eq!(sh("kill -ABRT $$", &caps()).how, How::Signal(6));
    }

    #[test]
    fn time_is_held_for_all_processes_of_the_group() {
        let begun = Instant::now();
        let ended = sh("sleep 100 & sleep 100", &Caps { wall: Duration::from_millis(300), ..caps() });
        assert_eq!(ended.how, How::Wall);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_files_and_disk_are_held() {
        let ended = sh("read task; exec dd if=/dev/zero of=/dev/null bs=3G count=1", &Caps { memory: 100 << 20, ..caps() });
        assert_eq!(ended.how, How::Memory, "{ended:?}");
        let ended = sh("read task; exec dd if=/dev/zero of=/dev/null bs=30G count=1", &caps());
        assert!(ended.how == How::Exit(1) && ended.said.contains("memory"), "{ended:?}");
        let ended = sh("read task; exec head -c 3000000 /dev/zero > big", &Caps { file: 1 << 20, ..caps() });
        assert_eq!(ended.how, How::Signal(25), "{ended:?}");
        let ended =
            sh("read task; for i in 1 2 3 4 5; do head -c 900000 /dev/zero > f$i; done; sleep 20", &Caps { disk: 2 << 20, ..caps() });
        assert_eq!(ended.how, How::Disk, "{ended:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_it_took_is_measured() {
        let ended = sh("i=0; while test $i -lt 100000; do i=$((i + 1)); done", &caps());
        assert!(ended.usage.cpu > 0 && ended.usage.memory > 100 && ended.usage.wall > 0, "{ended:?}");
    }
}
