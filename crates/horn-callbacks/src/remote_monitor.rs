//! Sends the logs of each epoch to a server.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use horn_nn::{Error, Result, arguments};
use horn_train::Scores;
use horn_train::callbacks::{Callback, Training, print_warning};
use horn_train::python::python_repr;

/// How long to wait for the server, so that training does not stand still without it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends the logs of each epoch to a server, by HTTP without encryption: as a form with the logs as JSON in one field, or
/// as JSON.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::RemoteMonitor;
///
/// let monitor = RemoteMonitor::new().root("http://localhost:9000").send_as_json(true).header("x-run", "42");
/// let fit = Fit::epochs(10).callback(monitor);
/// ```
///
/// A server that can't be reached is a warning. What it answers does not matter.
///
/// # Errors
///
/// `fit` fails before it trains if the address is not one of HTTP, or a header has a line break.
#[derive(Debug, Clone)]
pub struct RemoteMonitor {
    root: String,
    path: String,
    field: String,
    headers: Vec<(String, String)>,
    send_as_json: bool,
    warned: bool,
}

impl Default for RemoteMonitor {
    /// Sends a form to `http://localhost:9000/publish/epoch/end/`.
    fn default() -> Self {
        Self {
            root: "http://localhost:9000".to_owned(),
            path: "/publish/epoch/end/".to_owned(),
            field: "data".to_owned(),
            headers: Vec::new(),
            send_as_json: false,
            warned: false,
        }
    }
}

impl RemoteMonitor {
    /// Sends a form to `http://localhost:9000/publish/epoch/end/`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header to the request.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The host with its port, and the path on it.
    fn target(&self) -> Result<(String, String)> {
        let wrong = |problem: &str, received: String| {
            Error::argument(problem)
                .at("RemoteMonitor: root")
                .received(format!("{received:?}"))
                .expected("http://HOST or http://HOST:PORT")
                .hint("send to a server on this machine, which may forward it with encryption")
        };
        let url = format!("{}{}", self.root, self.path);
        let Some(rest) = url.strip_prefix("http://") else {
            return Err(wrong("the address is not one of HTTP without encryption", url));
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let is_line = |text: &str| !text.chars().any(|c| c.is_control() || c == ' ');
        if host.is_empty() || !is_line(rest) {
            return Err(wrong("the address names no server", url));
        }
        if self.headers.iter().any(|(name, value)| !is_line(name) || value.contains(['\r', '\n'])) {
            return Err(Error::argument("a header has a line break")
                .at("RemoteMonitor: header")
                .expected("names and values of one line")
                .hint("remove the line break"));
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        Ok((if has_port { host.to_owned() } else { format!("{host}:80") }, format!("/{path}")))
    }

    /// The request, as bytes.
    fn request(&self, host: &str, path: &str, epoch: usize, logs: &Scores) -> String {
        let json = json(epoch, logs);
        let (kind, body) = match self.send_as_json {
            true => ("application/json", json),
            false => ("application/x-www-form-urlencoded", format!("{}={}", encoded(&self.field), encoded(&json))),
        };
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: horn\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    }

    fn send(&self, host: &str, request: &str) -> io::Result<()> {
        let address = host.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(request.as_bytes())?;
        // Its first line is enough to know that the server has got the request.
        stream.read(&mut [0; 64]).map(drop)
    }
}

arguments!(RemoteMonitor {
    /// The address of the server; `"http://localhost:9000"` by default.
    root: impl Into<String>,
    /// The path on the server; `"/publish/epoch/end/"` by default.
    path: impl Into<String>,
    /// The field of the form that has the logs; `"data"` by default.
    field: impl Into<String>,
    /// Whether to send JSON in place of a form; no by default.
    send_as_json: bool,
});

impl Callback for RemoteMonitor {
    fn on_train_begin(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.target().map(drop)
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, _training: &mut Training<'_>) -> Result<()> {
        let (host, path) = self.target()?;
        // As with Python's `requests`, JSON has no numbers that are not finite.
        let is_sendable = !self.send_as_json || logs.iter().all(|(_, value)| value.is_finite());
        let sent = is_sendable && self.send(&host, &self.request(&host, &path, epoch, logs)).is_ok();
        if !sent && !std::mem::replace(&mut self.warned, true) {
            print_warning(&format!("Could not reach RemoteMonitor root server at {}", self.root));
        }
        Ok(())
    }
}

/// The logs as Python's `json.dumps` writes them.
fn json(epoch: usize, logs: &Scores) -> String {
    let number = |value: f64| match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value => python_repr(value),
    };
    let fields = logs.iter().map(|(key, value)| format!(", {}: {}", serde_json::Value::from(key), number(value)));
    format!("{{\"epoch\": {epoch}{}}}", fields.collect::<String>())
}

/// The text as in a form: a space is a plus, other special characters are escaped.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use horn_train::callbacks::capture;

    use super::*;
    use crate::testing::{model, run};

    /// Answers so many requests, and returns them.
    fn server(requests: usize) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let answer = move || {
            let mut received = Vec::new();
            for stream in listener.incoming().take(requests) {
                let mut stream = stream.unwrap();
                let mut text = String::new();
                let is_whole = |text: &str| {
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
                    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                    length.is_some_and(|length| body.len() == length.parse::<usize>().unwrap())
                };
                while !is_whole(&text) {
                    let mut bytes = [0; 1024];
                    let count = stream.read(&mut bytes).unwrap();
                    text += std::str::from_utf8(&bytes[..count]).unwrap();
                }
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
                received.push(text);
            }
            received
        };
        (root, thread::spawn(answer))
    }

    #[test]
    fn each_epoch_is_a_request() {
        let (root, answers) = server(2);
        let history = run(&mut model(), 2, RemoteMonitor::new().root(&root).header("x-run", "a b")).unwrap();
        let requests = answers.join().unwrap();
        let (head, body) = requests[1].split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /publish/epoch/end/ HTTP/1.1\r\nHost: 127.0.0.1:"), "{head}");
        assert!(head.ends_with("\r\nx-run: a b"), "{head}");
        // urllib.parse.urlencode({"data": json.dumps({"epoch": 1, "loss": …})})
        let loss = python_repr(history["loss"][1]);
        assert_eq!(body, format!("data=%7B%22epoch%22%3A+1%2C+%22loss%22%3A+{loss}%7D"));
    }

    #[test]
    fn json_is_sent_as_json() {
        let (root, answers) = server(1);
        let history = run(&mut model(), 1, RemoteMonitor::new().root(&root).path("/a").send_as_json(true)).unwrap();
        let requests = answers.join().unwrap();
        assert!(requests[0].starts_with("POST /a HTTP/1.1\r\n"));
        assert!(requests[0].contains("\r\nContent-Type: application/json\r\n"));
        let body = format!("\r\n\r\n{{\"epoch\": 0, \"loss\": {}}}", python_repr(history["loss"][0]));
        assert!(requests[0].ends_with(&body), "{}", requests[0]);
    }

    #[test]
    fn a_server_that_is_not_there_is_one_warning() {
        let root = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        let monitor = RemoteMonitor::new().root(&root);
        let (result, printed) = capture(|| run(&mut model(), 3, monitor));
        assert_eq!(result.unwrap().epoch(), [0, 1, 2]);
        assert_eq!(printed, format!("warning: Could not reach RemoteMonitor root server at {root}\n"));
    }

    #[test]
    fn impossible_addresses_are_errors_before_the_training() {
        for (monitor, location) in [
            (RemoteMonitor::new().root("https://localhost"), "RemoteMonitor: root"),
            (RemoteMonitor::new().root("http://"), "RemoteMonitor: root"),
            (RemoteMonitor::new().path("/a b"), "RemoteMonitor: root"),
            (RemoteMonitor::new().header("x", "a\r\nb"), "RemoteMonitor: header"),
        ] {
            assert_eq!(run(&mut model(), 1, monitor).unwrap_err().location(), Some(location));
        }
    }
}
