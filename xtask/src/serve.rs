//! Serves a folder of static files on this machine only.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// Default port.
const PORT: u16 = 8080;
/// Number of ports after the first to try before the system chooses one.
const NEIGHBOURS: u16 = 20;
/// Maximum length of a request's head; browsers send less than 4 KiB to localhost.
const MAX_HEAD: u64 = 16 << 10;
/// Time after which a silent client is disconnected.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server of one folder.
pub(crate) struct Server {
    listener: TcpListener,
    folder: PathBuf,
}

impl Server {
    /// Binds `port`, or the next free one, on the loopback address.
    pub(crate) fn bind(folder: &Path, port: Option<u16>) -> Result<Self> {
        let folder =
            folder.canonicalize().with_context(|| format!("{} can't be served", folder.display()))?;
        let first = port.unwrap_or(PORT);
        let candidates = (first..=first.saturating_add(NEIGHBOURS)).chain([0]);
        let mut refusal = None;
        for candidate in candidates {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)) {
                Ok(listener) => return Ok(Self { listener, folder }),
                Err(error) => refusal = Some(error),
            }
        }
        Err(refusal.unwrap_or_else(|| io::ErrorKind::AddrInUse.into())).context("no port could be opened")
    }

    /// Address that the server listens on.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().context("the server has no address")
    }

    /// Answers requests, each in its own thread, until the program ends.
    pub(crate) fn run(&self) {
        for stream in self.listener.incoming().flatten() {
            let folder = self.folder.clone();
            // Clients that disconnect are not an error.
            thread::spawn(move || answer(&stream, &folder).ok());
        }
    }
}

fn answer(mut stream: &TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = BufReader::new(stream.take(MAX_HEAD));
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut header = String::from("…");
    while !header.trim_end().is_empty() {
        header.clear();
        head.read_line(&mut header)?;
    }
    let response = respond(&request, folder);
    write!(
        stream,
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        response.status,
        response.mime,
        response.body.len(),
    )?;
    if !request.starts_with("HEAD ") {
        stream.write_all(&response.body)?;
    }
    stream.flush()
}

struct Response {
    status: &'static str,
    mime: &'static str,
    body: Vec<u8>,
}

impl Response {
    fn plain(status: &'static str) -> Self {
        Self { status, mime: "text/plain; charset=utf-8", body: status.into() }
    }
}

fn respond(request: &str, folder: &Path) -> Response {
    let mut words = request.split_whitespace();
    let (Some(method), Some(target), Some(_version)) = (words.next(), words.next(), words.next()) else {
        return Response::plain("400 Bad Request");
    };
    if !matches!(method, "GET" | "HEAD") {
        return Response::plain("405 Method Not Allowed");
    }
    let Some(path) = locate(folder, target) else { return Response::plain("404 Not Found") };
    match fs::read(&path) {
        Ok(body) => Response { status: "200 OK", mime: mime(&path), body },
        Err(_) => Response::plain("404 Not Found"),
    }
}

/// Returns the file in `folder` that a request's target names, or `None` if it is outside.
fn locate(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = decode(path)?;
    let strange = |c: char| c == '\\' || c == ':' || c.is_control();
    if path.contains(strange) || path.split('/').any(|part| part == "..") || path.starts_with('/') {
        return None;
    }
    let mut file = folder.join(path).canonicalize().ok()?;
    if file.is_dir() {
        file = file.join("index.html").canonicalize().ok()?;
    }
    // Links may point anywhere.
    file.starts_with(folder).then_some(file)
}

/// Decodes percent-encoding.
fn decode(path: &str) -> Option<String> {
    let mut bytes = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Fetches `path` from a local server. Returns the head (status line and headers) and the body.
///
/// # Errors
/// Fails if there is no answer, or its status isn't 200.
pub(crate) fn fetch(address: SocketAddr, path: &str) -> Result<(String, Vec<u8>)> {
    let work = || -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut all = Vec::new();
        stream.read_to_end(&mut all)?;
        Ok(all)
    };
    let all = work().with_context(|| format!("http://{address}{path} does not answer"))?;
    let end =
        all.windows(4).position(|four| four == b"\r\n\r\n").context("the answer has no end of header")?;
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    anyhow::ensure!(
        head.starts_with("HTTP/1.1 200 "),
        "http://{address}{path} answers `{}`",
        head.lines().next().unwrap_or_default()
    );
    Ok((head, all[end + 4..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Result<tempfile::TempDir> {
        let outer = tempfile::tempdir()?;
        let folder = outer.path().join("site");
        fs::create_dir_all(folder.join("models"))?;
        fs::write(outer.path().join("secret"), "secret")?;
        fs::write(folder.join("index.html"), "<!doctype html>")?;
        fs::write(folder.join("a b.wasm"), [0, 97, 115, 109])?;
        Ok(outer)
    }

    fn started(outer: &Path, port: Option<u16>) -> Result<SocketAddr> {
        let server = Server::bind(&outer.join("site"), port)?;
        let address = server.address()?;
        thread::spawn(move || server.run());
        Ok(address)
    }

    #[test]
    fn files_come_with_their_type_and_uncached() -> Result<()> {
        let outer = site()?;
        let address = started(outer.path(), None)?;
        assert!(address.ip().is_loopback());
        let (head, body) = fetch(address, "/")?;
        assert!(head.contains("Content-Type: text/html") && head.contains("no-store"), "{head}");
        assert_eq!(body, b"<!doctype html>");
        let (head, body) = fetch(address, "/a%20b.wasm?v=1")?;
        assert!(head.contains("Content-Type: application/wasm"), "{head}");
        assert_eq!(body.len(), 4);
        Ok(())
    }

    #[test]
    fn nothing_outside_the_folder_is_served() -> Result<()> {
        let outer = site()?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(outer.path().join("secret"), outer.path().join("site/link"))?;
        let address = started(outer.path(), None)?;
        for path in
            ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "//etc/passwd", "/%2fetc/passwd", "/link"]
        {
            let error = fetch(address, path).expect_err(path).to_string();
            assert!(error.contains("404"), "{path}: {error}");
        }
        for path in ["/models/", "/none", "/%", "/%zz", "/%00", "/%ff"] {
            let error = fetch(address, path).expect_err(path).to_string();
            assert!(error.contains("404"), "{path}: {error}");
        }
        Ok(())
    }

    #[test]
    fn other_methods_and_nonsense_are_refused() -> Result<()> {
        let outer = site()?;
        let folder = outer.path().join("site").canonicalize()?;
        assert_eq!(respond("POST / HTTP/1.1", &folder).status, "405 Method Not Allowed");
        assert_eq!(respond("GET", &folder).status, "400 Bad Request");
        assert_eq!(respond("", &folder).status, "400 Bad Request");
        assert_eq!(respond("GET http://elsewhere/ HTTP/1.1", &folder).status, "404 Not Found");
        Ok(())
    }

    #[test]
    fn a_taken_port_gives_way_to_the_next() -> Result<()> {
        let outer = site()?;
        let first = Server::bind(&outer.path().join("site"), None)?;
        let port = first.address()?.port();
        let second = Server::bind(&outer.path().join("site"), Some(port))?;
        assert_ne!(second.address()?.port(), port);
        Ok(())
    }
}
