//! Bodies of Web Sensor messages: what devices send, the ends of what is lawful, and what has to be refused.

use std::fmt::Write as _;

/// Declaration to `Body`, with the line ends given.
macro_rules! envelope {
    ($eol:literal, $($message:expr),+) => {
        concat!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>", $eol,
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" ",
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" ",
            "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">", $eol,
            "<soap:Body>", $eol,
            $($message, $eol,)+
            "</soap:Body>", $eol,
            "</soap:Envelope>"
        )
    };
}

/// Documented example of spec §4.2, a T3510, in the layout that the devices send.
const TYPICAL: &str = envelope!(
    "\r\n",
    "<InsertTx5xxSample xmlns=\"http://cometsystem.cz/schemas/soapTx5xx_v2.xsd\">",
    "\t<passKey>13960932</passKey>",
    "\t<device>4145</device>",
    "\t<temp>1.4</temp>",
    "\t<relHum>91.9</relHum>",
    "\t<compQuant>0.3</compQuant>",
    "\t<pressure>-9999</pressure>",
    "\t<alarms>hi,no,no,no</alarms>",
    "\t<compType>Dew point</compType>",
    "\t<tempU>C</tempU>",
    "\t<pressureU>n/a</pressureU>",
    "\t<timer>60</timer>",
    "</InsertTx5xxSample>"
);

/// Documented example of spec §4.3, a T6641.
const CO2: &str = envelope!(
    "\r\n",
    "<InsertTx5xxCO2Sample xmlns=\"http://cometsystem.cz/schemas/soapTx5xxCO2.xsd\">",
    "\t<passKey>13960932</passKey>",
    "\t<device>4200</device>",
    "\t<temp>1.4</temp>",
    "\t<relHum>91.9</relHum>",
    "\t<compQuant>0.3</compQuant>",
    "\t<co2>1050</co2>",
    "\t<alarms>hi,no,no,no</alarms>",
    "\t<lev1>0</lev1>",
    "\t<lev2>1</lev2>",
    "\t<lev3>0</lev3>",
    "\t<compType>Dew point</compType>",
    "\t<tempU>C</tempU>",
    "\t<timer>60</timer>",
    "</InsertTx5xxCO2Sample>"
);

/// Documented example of spec §4.4.
const P2520: &str = envelope!(
    "\r\n",
    "<InsertP2520Sample xmlns=\"http://cometsystem.cz/schemas/soapP2520.xsd\">",
    "\t<name>Current Loop Converter</name>",
    "\t<sn>11940986</sn>",
    "\t<tmr>60</tmr>",
    "\t<kind>4357</kind>",
    "\t<c1>",
    "<n>Channel 1</n>",
    "<v>3.25</v>",
    "<f>00005040</f>",
    "<u>mA</u>",
    "<a>no</a>",
    "<p>2</p>",
    "<e>1</e>",
    "</c1>",
    "\t<c2>",
    "<n>Channel 2</n>",
    "<v>18.00</v>",
    "<f>00009041</f>",
    "<u>mA</u>",
    "<a>no</a>",
    "<p>2</p>",
    "<e>0</e>",
    "</c2>",
    "</InsertP2520Sample>"
);

/// All eleven elements with one digit where one is enough, no white space between them.
const SHORTEST: &str = envelope!(
    "",
    "<InsertTx5xxSample xmlns=\"http://cometsystem.cz/schemas/soapTx5xx_v2.xsd\">",
    "<passKey>13960932</passKey><device>4145</device><temp>1</temp><relHum>9</relHum><compQuant>0</compQuant>",
    "<pressure>-9999</pressure><alarms>no,no,no,no</alarms><compType>n/a</compType><tempU>C</tempU>",
    "<pressureU>n/a</pressureU><timer>60</timer></InsertTx5xxSample>"
);

/// One body and what has to come out.
#[derive(Debug)]
#[non_exhaustive]
pub struct Body {
    /// Name of the bench.
    pub name: &'static str,
    /// The octets.
    pub octets: Vec<u8>,
    /// Whether it is a lawful message.
    pub lawful: bool,
    /// Whether real devices send it like this.
    pub documented: bool,
}

/// The documented T/RH/P message of 639 octets.
#[must_use]
pub fn typical() -> &'static [u8] {
    TYPICAL.as_bytes()
}

/// Every body, shortest and documented first.
#[must_use]
pub fn bodies() -> Vec<Body> {
    let make = |name, text: String, lawful, documented| Body {
        name,
        octets: text.into_bytes(),
        lawful,
        documented,
    };
    let mut late = TYPICAL.to_owned();
    late.truncate(TYPICAL.len().saturating_sub("Envelope>".len()));
    vec![
        make("shortest", SHORTEST.to_owned(), true, false),
        make("typical", TYPICAL.to_owned(), true, true),
        make("co2", CO2.to_owned(), true, true),
        make("p2520", P2520.to_owned(), true, true),
        make("longest", longest(), true, false),
        make(
            "comments-and-cdata",
            TYPICAL
                .replace("1.4", "1<!-- tenths -->.4")
                .replace("Dew point", "<![CDATA[Dew point]]>"),
            true,
            false,
        ),
        // A document type declaration at the front: the shortest way to a refusal.
        make(
            "refused-early",
            TYPICAL.replacen("<soap:Envelope", "<!DOCTYPE x>\r\n<soap:Envelope", 1),
            false,
            false,
        ),
        // Cut within the very last tag.
        make("refused-late", late, false, false),
        make(
            "refused-duplicate",
            TYPICAL.replacen(
                "</InsertTx5xxSample>",
                "\t<passKey>13960932</passKey>\r\n</InsertTx5xxSample>",
                1,
            ),
            false,
            false,
        ),
    ]
}

/// As many channels as 512 elements allow, with names that fill the body up to 64 KiB but for a few octets.
fn longest() -> String {
    const CHANNELS: usize = 63;
    const NAME_LEN: usize = 900;
    let mut message = String::from(
        "<InsertP2520Sample xmlns=\"http://cometsystem.cz/schemas/soapP2520.xsd\">\r\n\t<name>Current Loop Converter</name>\
         \r\n\t<sn>11940986</sn>\r\n\t<tmr>60</tmr>\r\n\t<kind>4357</kind>\r\n",
    );
    let name = "Cold store ".repeat(NAME_LEN.div_ceil(11));
    let name = name.get(..NAME_LEN).unwrap_or_default().trim_end();
    for number in 1..=CHANNELS {
        // Writing to a string never fails.
        let _ = write!(
            message,
            "\t<c i=\"{number}\">\r\n<n>{name}</n>\r\n<v>3.25</v>\r\n<f>00005040</f>\r\n<u>mA</u>\r\n<a>no</a>\r\n\
             <p>2</p>\r\n<e>1</e>\r\n</c>\r\n"
        );
    }
    let (head, tail) = P2520.split_at(P2520.find("<InsertP2520Sample").unwrap_or_default());
    let tail = tail.find("</InsertP2520Sample>").and_then(|at| tail.get(at..));
    format!("{head}{message}{}", tail.unwrap_or_default())
}
