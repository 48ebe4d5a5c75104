//! Several runs at a time, each in its own process with an equal part of the cores.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use trainer::train::{Line, METRICS};

use super::print::sentence;
use super::train::STOP_WITH_STDIN;

/// Exit code of a run that another process is working on.
pub(super) const BUSY: u8 = 75;
/// Exit code of a run that was stopped and can be resumed.
pub(super) const STOPPED: u8 = 130;
/// Time between two checks of the running processes.
const PAUSE: Duration = Duration::from_millis(100);
/// Name of the log file in a run's folder.
const LOG: &str = "log.txt";
/// Environment variable with the number of threads of a process.
pub(super) const THREADS: &str = "RAYON_NUM_THREADS";
/// Number of bytes at the end of a file in which the last line is searched.
const TAIL: u64 = 1 << 14;

/// A run to train.
pub(super) struct Task<'a> {
    /// Number in the study.
    pub(super) number: usize,
    /// Name.
    pub(super) name: &'a str,
    /// Folder.
    pub(super) folder: PathBuf,
    /// Number of steps.
    pub(super) steps: u64,
}

/// How a run ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The run has finished.
    Finished,
    /// The run was stopped or not started, and can be resumed.
    Stopped,
    /// Another process is working on the run.
    Busy,
    /// The run failed for this reason.
    Failed(String),
}

/// Runs tasks in processes that share the cores.
pub(super) struct ProcessPool<'a> {
    /// Maximum number of processes at a time.
    pub(super) jobs: usize,
    /// Time after which no further process is started.
    pub(super) deadline: Option<Instant>,
    /// Message for a finished run after its name, such as `is trained`.
    pub(super) finished: &'a str,
    /// Returns the command of the run with a number.
    pub(super) command: &'a dyn Fn(usize) -> Command,
}

struct Running {
    place: usize,
    child: Child,
    bar: ProgressBar,
}

impl ProcessPool<'_> {
    /// Starts the tasks in order and shows their progress. After Ctrl-C the runs write their checkpoints and stop;
    /// a second Ctrl-C kills them.
    pub(super) fn run(&self, tasks: &[Task]) -> anyhow::Result<Vec<Outcome>> {
        let interrupts = Arc::new(AtomicU8::new(0));
        let handler = Arc::clone(&interrupts);
        ctrlc::set_handler(move || {
            handler.fetch_add(1, Ordering::Relaxed);
        })
        .context("ctrl-C could not be caught")?;
        let bars = MultiProgress::new();
        let mut outcomes: Vec<Outcome> = tasks.iter().map(|_| Outcome::Stopped).collect();
        let mut waiting = 0..tasks.len();
        let mut running: Vec<Running> = Vec::new();
        let mut signalled = 0;
        loop {
            let level = interrupts.load(Ordering::Relaxed).min(2);
            if level > signalled {
                running.iter_mut().for_each(|run| stop(&mut run.child, level == 2));
                signalled = level;
            }
            let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            while signalled == 0 && !late && running.len() < self.jobs {
                let Some(place) = waiting.next() else { break };
                let task = &tasks[place];
                match self.start(task) {
                    Ok(child) => running.push(Running { place, child, bar: bar(&bars, task) }),
                    Err(error) => {
                        outcomes[place] = Outcome::Failed(sentence(&error));
                        self.report(&bars, task, &outcomes[place]);
                    }
                }
            }
            if running.is_empty() {
                return Ok(outcomes);
            }
            std::thread::sleep(PAUSE);
            let mut still = Vec::new();
            for mut run in running {
                let task = &tasks[run.place];
                match run.child.try_wait().context("a run's process could not be waited for")? {
                    None => {
                        show(&run.bar, task);
                        still.push(run);
                    }
                    Some(status) => {
                        run.bar.finish_and_clear();
                        outcomes[run.place] = match status.code() {
                            Some(0) => Outcome::Finished,
                            Some(code) if code == i32::from(STOPPED) => Outcome::Stopped,
                            Some(code) if code == i32::from(BUSY) => Outcome::Busy,
                            // The signal ended it before its handler was set, or while it scored.
                            None if signalled > 0 => Outcome::Stopped,
                            _ => Outcome::Failed(reason(&task.folder.join(LOG), &status.to_string())),
                        };
                        self.report(&bars, task, &outcomes[run.place]);
                    }
                }
            }
            running = still;
        }
    }

    fn start(&self, task: &Task) -> anyhow::Result<Child> {
        let path = task.folder.join(LOG);
        std::fs::create_dir_all(&task.folder)
            .with_context(|| format!("{} could not be created", task.folder.display()))?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("{} could not be opened", path.display()))?;
        let mut command = (self.command)(task.number);
        // The run stops when this pipe closes because this process was killed.
        command.stdin(Stdio::piped()).env(STOP_WITH_STDIN, "1").stdout(Stdio::null()).stderr(log);
        let is_set = command.get_envs().any(|(key, _)| key == THREADS);
        if !is_set && std::env::var_os(THREADS).is_none() {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            command.env(THREADS, (cores / self.jobs).max(1).to_string());
        }
        // In its own group, the run doesn't get the terminal's Ctrl-C, but only the signal from this process.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().context("the run's process could not be started")
    }

    fn report(&self, bars: &MultiProgress, task: &Task, outcome: &Outcome) {
        bars.suspend(|| match outcome {
            Outcome::Finished => tracing::info!("{} {}", task.name, self.finished),
            Outcome::Stopped => tracing::info!("{} was stopped", task.name),
            Outcome::Busy => tracing::info!("{} is skipped: another process is working on it", task.name),
            Outcome::Failed(reason) => tracing::error!("{} failed: {reason}", task.name),
        });
    }
}

/// Asks a process to stop, or kills it.
fn stop(child: &mut Child, kill: bool) {
    if kill || !interrupt(child) {
        // This fails if the process has just ended.
        let _ended = child.kill();
    }
}

/// Sends a process the signal of Ctrl-C. Returns whether that worked.
#[cfg(unix)]
fn interrupt(child: &Child) -> bool {
    use nix::sys::signal::{Signal, kill};
    kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).is_ok()
}

/// Other systems have no such signal.
#[cfg(not(unix))]
fn interrupt(_: &Child) -> bool {
    false
}

fn bar(bars: &MultiProgress, task: &Task) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(task.steps));
    if bar.is_hidden() {
        tracing::info!("{} begins", task.name);
    } else if let Ok(style) = ProgressStyle::with_template("{prefix:28} {bar:20} {pos}/{len} · {msg}") {
        bar.set_style(style);
        bar.set_prefix(task.name.to_owned());
    }
    bar
}

fn show(bar: &ProgressBar, task: &Task) {
    if bar.is_hidden() {
        return;
    }
    let line = tail(&task.folder.join(METRICS)).ok();
    let line = line.and_then(|tail| serde_json::from_str::<Line>(&last_line(tail.as_bytes())).ok());
    if let Some(line) = line {
        bar.set_position(line.step);
        let speed = format!("{:.0} images/s", line.images_per_second);
        let speed = if line.step >= task.steps { "scoring".to_owned() } else { speed };
        bar.set_message(format!("loss {:.1} · {speed}", line.loss));
    }
}

/// Last line of the log of a failed run.
fn reason(log: &Path, status: &str) -> String {
    match tail(log) {
        Ok(text) if !text.trim().is_empty() => {
            let line = last_line(text.as_bytes());
            line.trim_start().trim_start_matches("ERROR").trim_start().to_owned()
        }
        _ => format!("it printed nothing; {status}"),
    }
}

/// Reads the end of a file.
fn tail(path: &Path) -> std::io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Last line that is not empty.
pub(super) fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}
