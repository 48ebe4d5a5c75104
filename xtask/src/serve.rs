//! Serves a folder of static files on this machine only.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use percent_encoding::percent_decode_str;
use tiny_http::{Header, Method, Request, Response};

/// Default port.
const PORT: u16 = 8080;
/// Number of ports after the first to try before the system chooses one.
const NEIGHBOURS: u16 = 20;
/// Time after which [`fetch`] gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server of one folder.
pub(crate) struct Server {
    http: tiny_http::Server,
    folder: PathBuf,
}

impl Server {
    /// Binds `port`, or the next free one, on the loopback address.
    pub(crate) fn bind(folder: &Path, port: Option<u16>) -> Result<Self> {
        let folder =
            folder.canonicalize().with_context(|| format!("{} can't be served", folder.display()))?;
        let first = port.unwrap_or(PORT);
        let mut refusal = anyhow!("there is no port");
        for candidate in (first..=first.saturating_add(NEIGHBOURS)).chain([0]) {
            match tiny_http::Server::http((Ipv4Addr::LOCALHOST, candidate)) {
                Ok(http) => return Ok(Self { http, folder }),
                Err(error) => refusal = anyhow!(error),
            }
        }
        Err(refusal).context("no port could be opened")
    }

    /// Address that the server listens on.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        self.http.server_addr().to_ip().context("the server has no address")
    }

    /// Answers requests, each in its own thread, until the program ends.
    pub(crate) fn run(&self) {
        for request in self.http.incoming_requests() {
            let folder = self.folder.clone();
            // Clients that disconnect are not an error.
            thread::spawn(move || answer(request, &folder).ok());
        }
    }
}

fn answer(request: Request, folder: &Path) -> io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return refuse(request, 405);
    }
    let Some(path) = locate(folder, request.url()) else { return refuse(request, 404) };
    let Ok(file) = File::open(&path) else { return refuse(request, 404) };
    let mut response = Response::from_file(file).with_chunked_threshold(usize::MAX);
    let headers =
        [("Content-Type", mime(&path)), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")];
    for header in headers.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok()) {
        response.add_header(header);
    }
    request.respond(response)
}

fn refuse(request: Request, status: u16) -> io::Result<()> {
    request.respond(Response::empty(status))
}

/// Returns the file in `folder` that a request's target names, or `None` if it is outside.
fn locate(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let strange = |c: char| c == '\\' || c == ':' || c.is_control();
    if path.contains(strange) || path.split('/').any(|part| part == "..") || path.starts_with('/') {
        return None;
    }
    let mut file = folder.join(&*path).canonicalize().ok()?;
    if file.is_dir() {
        file = file.join("index.html").canonicalize().ok()?;
    }
    // Links may point anywhere.
    file.starts_with(folder).then_some(file)
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
    let all = ask(address, &format!("GET {path}"))
        .with_context(|| format!("http://{address}{path} does not answer"))?;
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

/// Sends a request to a local server and returns the whole answer. `line` has its method and target.
fn ask(address: SocketAddr, line: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
        let address = started(outer.path(), None)?;
        for (line, status) in [
            ("POST /", "405"),
            ("DELETE /index.html", "405"),
            ("GET http://elsewhere/", "404"),
            ("GET index.html", "404"),
            ("GET", "400"),
        ] {
            let answer = String::from_utf8_lossy(&ask(address, line)?).into_owned();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
        }
        Ok(())
    }

    #[test]
    fn a_head_request_gets_the_length_without_the_body() -> Result<()> {
        let outer = site()?;
        let address = started(outer.path(), None)?;
        let answer = String::from_utf8_lossy(&ask(address, "HEAD /")?).into_owned();
        assert!(answer.contains("Content-Length: 15") && answer.ends_with("\r\n\r\n"), "{answer}");
        Ok(())
    }

    #[test]
    fn large_files_come_with_their_length() -> Result<()> {
        let outer = site()?;
        let bytes = vec![7; 1 << 20];
        fs::write(outer.path().join("site/large.safetensors"), &bytes)?;
        let (head, body) = fetch(started(outer.path(), None)?, "/large.safetensors")?;
        assert!(head.contains("Content-Length: 1048576"), "{head}");
        assert_eq!(body, bytes);
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
