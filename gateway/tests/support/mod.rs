//! The real binary, a real database, real sockets.

#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

pub(crate) mod certificates;
pub(crate) mod house;
pub(crate) mod sigfox;
pub(crate) mod trust;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

pub(crate) const SERIAL: &str = "14930217";

/// Runs `comet` to its end.
pub(crate) fn comet(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_comet"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input ends before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// A database in a folder that goes away, and what serves it.
pub(crate) struct Gateway {
    folder: std::sync::Arc<tempfile::TempDir>,
    server: Option<Server>,
}

struct Server {
    child: Child,
    address: SocketAddr,
    tcp: Option<SocketAddr>,
    https: Option<SocketAddr>,
    status: Option<SocketAddr>,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        Self {
            folder: std::sync::Arc::new(tempfile::tempdir().unwrap()),
            server: None,
        }
    }

    /// Another one on the same database.
    pub(crate) fn beside(&self) -> Self {
        Self {
            folder: std::sync::Arc::clone(&self.folder),
            server: None,
        }
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("comet.db")
    }

    /// Runs `comet device …` on the database.
    pub(crate) fn device(&self, arguments: &[&str]) -> Output {
        let db = self.db();
        let mut all = vec!["device", "--db", db.to_str().unwrap()];
        all.extend_from_slice(arguments);
        comet(&all, b"")
    }

    /// Registers a sensor; gives the path of its entry point.
    pub(crate) fn add(&self, serial: &str) -> String {
        let output = self.device(&["add", "--serial", serial]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        entry_path(&output)
    }

    pub(crate) fn start(&mut self, arguments: &[&str]) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_comet"))
            .args(["serve", "--db"])
            .arg(self.db())
            .args(if arguments.contains(&"--listen") {
                &[][..]
            } else {
                &["--listen", "127.0.0.1:0"]
            })
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .unwrap();
        let address = address.parse().unwrap();
        let tcp = arguments.contains(&"--tcp").then(|| {
            let second = lines.next().unwrap().unwrap();
            let address = second.split("tcp ").nth(1).unwrap();
            address.split(' ').next().unwrap().parse().unwrap()
        });
        let https = arguments.contains(&"--https").then(|| {
            let line = lines.next().unwrap().unwrap();
            let address = line.split("https://").nth(1).unwrap();
            address.split('/').next().unwrap().parse().unwrap()
        });
        let status = arguments.contains(&"--status").then(|| {
            let line = lines.next().unwrap().unwrap();
            let address = line.split("status http://").nth(1).unwrap();
            address.split('/').next().unwrap().parse().unwrap()
        });
        // The rest of the log must be read, or the gateway would wait for us.
        std::thread::spawn(move || lines.for_each(drop));
        self.server = Some(Server {
            child,
            address,
            tcp,
            https,
            status,
        });
    }

    /// Starts with numbers to ask for; gives where.
    pub(crate) fn start_counted(&mut self, arguments: &[&str]) -> SocketAddr {
        self.start(&[&["--status", "127.0.0.1:0"], arguments].concat());
        self.server.as_ref().unwrap().status.unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.as_ref().unwrap().address
    }

    /// Where sessions are taken.
    pub(crate) fn tcp(&self) -> SocketAddr {
        self.server.as_ref().unwrap().tcp.unwrap()
    }

    /// Where devices with certificates come.
    pub(crate) fn https(&self) -> SocketAddr {
        self.server.as_ref().unwrap().https.unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.server.as_ref().unwrap().child.id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.child.kill().unwrap();
        server.child.wait().unwrap();
    }

    /// SIGTERM, then waits for the end; gives whether it was a clean one.
    pub(crate) fn terminate(&mut self) -> bool {
        let mut server = self.server.take().unwrap();
        assert!(
            Command::new("kill")
                .arg(server.child.id().to_string())
                .status()
                .unwrap()
                .success()
        );
        server.child.wait().unwrap().success()
    }

    pub(crate) fn database(&self) -> rusqlite::Connection {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        rusqlite::Connection::open_with_flags(self.db(), flags).unwrap()
    }

    pub(crate) fn messages(&self) -> i64 {
        self.database()
            .query_row("SELECT count(*) FROM message", [], |row| row.get(0))
            .unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends octets as they are; gives what came back until the connection ended.
    pub(crate) fn raw(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // The gateway may answer and close before everything is written.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn post(&self, path: &str, body: &[u8]) -> u16 {
        status(&self.raw(&request(path, body)))
    }
}

/// A number of `/metrics`; 0 if it is not there.
pub(crate) fn metric(status: SocketAddr, name: &str) -> u64 {
    let mut stream = TcpStream::connect(status).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let line = answer.lines().find(|line| line.split(' ').next() == Some(name));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

/// What the guard has said of a family.
pub(crate) fn verdicts(status: SocketAddr, family: &str, verdict: &str) -> u64 {
    let name = format!("comet_guard_verdicts_total{{family=\"{family}\",verdict=\"{verdict}\"}}");
    metric(status, &name)
}

/// A WiFi sensor whose clock is right and whose samples are a minute apart.
#[derive(Debug, Clone)]
pub(crate) struct WifiSensor {
    pub(crate) serial: String,
    pub(crate) path: String,
    first_s: i64,
}

impl WifiSensor {
    /// One that is registered in another way.
    pub(crate) fn new(serial: &str) -> Self {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        Self {
            serial: serial.to_owned(),
            path: String::new(),
            // A month of samples fits before now.
            first_s: i64::try_from(now).unwrap() - 30 * 86_400,
        }
    }

    pub(crate) fn add(gateway: &Gateway, serial: &str) -> Self {
        let output = gateway.device(&["add", "--family", "wifi", "--serial", serial]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        Self {
            path: entry_path(&output),
            ..Self::new(serial)
        }
    }

    /// Message `number`; `value` is that of its channel, in octets of binary32.
    pub(crate) fn body(&self, number: u32, value: u32) -> String {
        let time = |unix_s| comet_json::Timestamp::new(unix_s, 0).unwrap().to_string();
        let sample = self.first_s + i64::from(number) * 60;
        format!(
            r#"{{"JsonType":2,"JsonVersion":1,"OrderId":{number},"Sn":"{}","Time":{{"Now":"{}","Sample":"{}","IsValid":1}},
"Channels":[{{"Nr":1,"En":1,"Quant":"Temperature","Val":"{value:08X}","ValStr":"1","Unit":"°C","Dec":1,
"Alarm":[0,0],"AlarmLim":["C0A00000","40800000"],"AlarmMode":[1,2]}}]}}"#,
            self.serial,
            time(sample + 60),
            time(sample)
        )
    }
}

/// Whether the answer to a message of a WiFi sensor says that the sensor may forget it.
pub(crate) fn confirmed(address: SocketAddr, path: &str, body: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    // A gateway that is killed answers nothing.
    let _ = stream.write_all(&request(path, body.as_bytes()));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"{\"Result\":true}")
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
    }
}

pub(crate) fn entry_path(output: &Output) -> String {
    let printed = text(&output.stdout);
    let at = printed.find("/soap/").or_else(|| printed.find("/json/")).unwrap();
    printed[at..].split_whitespace().next().unwrap().to_owned()
}

/// The status of an answer; 0 if there was none.
pub(crate) fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0)
}

/// A request as the printed example of the specification has it.
pub(crate) fn request(path: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: example.org\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\
         SOAPAction: \"http://tempuri.org/InsertTx5xxSample\"\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A T7510 message with the given pressure.
pub(crate) fn body(pressure: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<soap:Envelope \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\r\n<soap:Body>\r\n\
         <InsertTx5xxSample xmlns=\"http://cometsystem.cz/schemas/soapTx5xx_v2.xsd\">\r\n\t<passKey>{SERIAL}</passKey>\r\n\
         \t<device>4146</device>\r\n\t<temp>71.6</temp>\r\n\t<relHum>83.40</relHum>\r\n\t<compQuant>9999</compQuant>\r\n\
         \t<pressure>{pressure}</pressure>\r\n\t<alarms>no,hi,no,lo</alarms>\r\n\t<compType>Dew point</compType>\r\n\
         \t<tempU>F</tempU>\r\n\t<pressureU>inHg</pressureU>\r\n\t<timer>300</timer>\r\n</InsertTx5xxSample>\r\n\
         </soap:Body>\r\n</soap:Envelope>"
    )
    .into_bytes()
}

/// Resident memory in KiB.
pub(crate) fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
