//! Documents near the template of real messages: a list of small decisions makes one, so that mutations stay near.

use std::fmt::Write as _;

use arbitrary::{Result, Unstructured};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const MESSAGES: [(&str, &str); 3] = [
    (
        "InsertTx5xxSample",
        "http://cometsystem.cz/schemas/soapTx5xx_v2.xsd",
    ),
    (
        "InsertTx5xxCO2Sample",
        "http://cometsystem.cz/schemas/soapTx5xxCO2.xsd",
    ),
    ("InsertP2520Sample", "http://cometsystem.cz/schemas/soapP2520.xsd"),
];
const CHILDREN: [&[&str]; 3] = [
    &[
        "passKey",
        "device",
        "temp",
        "relHum",
        "compQuant",
        "pressure",
        "alarms",
        "compType",
        "tempU",
        "pressureU",
        "timer",
    ],
    &[
        "passKey",
        "device",
        "temp",
        "relHum",
        "compQuant",
        "co2",
        "alarms",
        "lev1",
        "lev2",
        "lev3",
        "compType",
        "tempU",
        "timer",
    ],
    &["name", "sn", "tmr", "kind", "c1", "c2"],
];
const SUB_ELEMENTS: [&str; 7] = ["n", "v", "f", "u", "a", "p", "e"];

/// Makes a document. Most decisions are for the template, so that not everything is odd at once.
pub fn document(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut builder = Builder {
        u,
        out: String::new(),
        eol: "\r\n",
    };
    builder.envelope()?;
    Ok(builder.out.into_bytes())
}

struct Builder<'u, 'b> {
    u: &'u mut Unstructured<'b>,
    out: String,
    eol: &'static str,
}

impl Builder<'_, '_> {
    /// One in `n`, and never when there is nothing left to decide with.
    fn rarely(&mut self, n: u8) -> Result<bool> {
        Ok(!self.u.is_empty() && self.u.ratio(1, n)?)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Result<T> {
        self.u.choose(from).copied()
    }

    fn envelope(&mut self) -> Result<()> {
        self.eol = self.pick(&["\r\n", "\n", "", " ", "\r"])?;
        if self.rarely(8)? {
            self.out.push('\u{FEFF}');
        }
        let declaration = if self.rarely(4)? {
            self.pick(&[
                "",
                "<?xml version='1.0'?>",
                "<?xml version=\"1.0\" encoding='US-ASCII' standalone=\"yes\" ?>",
                "<?xml version=\"1.1\"?>",
                "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
                "<!DOCTYPE x>",
            ])?
        } else {
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
        };
        self.out.push_str(declaration);
        self.between()?;
        let prefix = if self.rarely(4)? {
            self.pick(&["s", "SOAP-ENV", "", "é"])?
        } else {
            "soap"
        };
        let name = |local: &str| {
            if prefix.is_empty() {
                local.to_owned()
            } else {
                format!("{prefix}:{local}")
            }
        };
        let declared = if prefix.is_empty() {
            String::from("xmlns")
        } else {
            format!("xmlns:{prefix}")
        };
        let _ = write!(self.out, "<{} {declared}=\"{SOAP}\"", name("Envelope"));
        if self.rarely(8)? {
            self.attribute()?;
        }
        self.out.push_str(
            " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">",
        );
        self.between()?;
        if self.rarely(8)? {
            let _ = write!(
                self.out,
                "<{0}><h xmlns='urn:h' {prefix}:mustUnderstand='1'/></{0}>",
                name("Header")
            );
        }
        let _ = write!(self.out, "<{}>", name("Body"));
        self.between()?;
        let messages = if self.rarely(32)? { self.pick(&[0, 2])? } else { 1 };
        for _ in 0..messages {
            self.message()?;
            self.between()?;
        }
        let _ = write!(self.out, "</{}>", name("Body"));
        self.between()?;
        let _ = write!(self.out, "</{}>", name("Envelope"));
        if self.rarely(4)? {
            self.between()?;
        }
        Ok(())
    }

    fn message(&mut self) -> Result<()> {
        let shape = self.u.choose_index(MESSAGES.len())?;
        let (mut local, mut namespace) = MESSAGES[shape];
        if self.rarely(6)? {
            local = self.pick(&[
                "InsertP8Sample",
                "InsertSample",
                "Insertample",
                "InsertÄSample",
                "Fault",
            ])?;
        }
        if self.rarely(6)? {
            namespace = self.pick(&["", "urn:x", SOAP, "&amp;&#9;x"])?;
        }
        let prefix = if self.rarely(6)? { "m:" } else { "" };
        let _ = match (prefix, namespace) {
            ("m:", "") => write!(self.out, "<{local} xmlns:m='urn:m' xmlns=''"),
            ("m:", _) => write!(self.out, "<m:{local} xmlns:m=\"{namespace}\""),
            _ => write!(self.out, "<{local} xmlns=\"{namespace}\""),
        };
        let prefix = if namespace.is_empty() { "" } else { prefix };
        self.out.push('>');
        let mut children = CHILDREN[shape].to_vec();
        if self.rarely(3)? {
            for at in (1..children.len()).rev() {
                children.swap(at, self.u.int_in_range(0..=at)?);
            }
        }
        if self.rarely(4)? {
            let at = self.u.choose_index(children.len())?;
            children.remove(at);
        }
        if self.rarely(16)? {
            children.push(self.pick(CHILDREN[shape])?);
        }
        if self.rarely(4)? {
            let at = self.u.int_in_range(0..=children.len())?;
            children.insert(
                at,
                self.pick(&["zz", "é", "co2", "sn", "passKey", "c3", "c03", "c99", "c100", "c"])?,
            );
        }
        for child in children {
            self.between()?;
            let prefix = if self.rarely(24)? {
                self.pick(&["", "m:", "xsi:", "q:", "xml:"])?
            } else {
                prefix
            };
            if child.starts_with('c') && shape == 2 {
                self.channel(prefix, child)?;
            } else if self.rarely(24)? {
                self.nest(prefix, child)?;
            } else {
                self.leaf(prefix, child)?;
            }
        }
        self.between()?;
        let _ = write!(self.out, "</{prefix}{local}>");
        Ok(())
    }

    fn channel(&mut self, prefix: &str, name: &str) -> Result<()> {
        let indexed = name == "c" || self.rarely(4)?;
        if indexed {
            let index = self.pick(&["1", "2", "3", " 5 ", "07", "99", "100", "0", "x", "&#49;"])?;
            let _ = write!(self.out, "<{prefix}c i='{index}'>");
        } else {
            let _ = write!(self.out, "<{prefix}{name}>");
        }
        let mut sub_elements = SUB_ELEMENTS.to_vec();
        if self.rarely(4)? {
            let at = self.u.choose_index(sub_elements.len())?;
            sub_elements.swap(0, at);
        }
        if self.rarely(4)? {
            sub_elements.pop();
        }
        if self.rarely(6)? {
            sub_elements.push(self.pick(&["zz", "n", "e", "é"])?);
        }
        for sub_element in sub_elements {
            self.between()?;
            if self.rarely(24)? {
                self.nest(prefix, sub_element)?
            } else {
                self.leaf(prefix, sub_element)?
            }
        }
        self.between()?;
        let _ = write!(self.out, "</{prefix}{}>", if indexed { "c" } else { name });
        Ok(())
    }

    /// An element with others inside.
    fn nest(&mut self, prefix: &str, name: &str) -> Result<()> {
        let depth = self.u.int_in_range(1..=14)?;
        let _ = write!(self.out, "<{prefix}{name}>");
        for _ in 0..depth {
            self.out.push_str("<y xmlns='urn:y'>");
            if self.rarely(4)? {
                self.leaf("", "w")?;
            }
        }
        for _ in 0..depth {
            self.out.push_str("</y>");
        }
        let _ = write!(self.out, "</{prefix}{name}>");
        Ok(())
    }

    fn leaf(&mut self, prefix: &str, name: &str) -> Result<()> {
        let _ = write!(self.out, "<{prefix}{name}");
        while self.rarely(12)? {
            self.attribute()?;
        }
        if self.rarely(24)? {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        let value = self.value(name)?;
        if self.rarely(8)? {
            let cut = self.u.int_in_range(0..=value.len())?;
            let (head, tail) = value.split_at_checked(cut).unwrap_or((value, ""));
            self.out.push_str(head);
            self.odd()?;
            self.out.push_str(tail);
        } else {
            self.out.push_str(value);
        }
        while self.rarely(12)? {
            self.odd()?;
        }
        let _ = write!(self.out, "</{prefix}{name}");
        if self.rarely(24)? {
            self.out.push_str(self.eol);
        }
        self.out.push('>');
        Ok(())
    }

    fn value(&mut self, name: &str) -> Result<&'static str> {
        if self.rarely(12)? {
            return self.pick(&[
                "", " ", "n/a", "9999", "-9999", "-9998", "1e2", "\u{FFFD}", "ÿ", "]]&gt;", "\n1\r\n",
            ]);
        }
        self.pick(match name {
            "passKey" | "sn" => &[
                "13960932",
                "00000000",
                "A-1",
                "1",
                "12345678901234567890123456789012",
            ],
            "device" | "kind" => &[
                "4145", "4200", "4357", "4359", "4124", "1", "65535", "65536", "00060",
            ],
            "timer" | "tmr" => &["60", "10", "9", "65535", "65536", "x"],
            "alarms" => &[
                "hi,no,no,no",
                "no,no,no,no",
                "lo,HI, no ,yes",
                "no",
                "no,no,no,no,no",
                ",,,",
            ],
            "compType" => &["Dew point", "dew\n POINT", "Absolute humidity", "Wet bulb", "n/a"],
            "tempU" => &["C", "F", "°C", "n/a", "K"],
            "pressureU" => &["hPa", "n/a", "oz/in\\^2", "kPa"],
            "lev1" | "lev2" | "lev3" | "e" => &["0", "1", "2"],
            "a" => &["no", "hi", "LO", "yes"],
            "f" => &[
                "00005040", "000080FF", "070081ff", "0000C07F", "0000504", "0000504g",
            ],
            "p" => &["0", "2", "9", "x"],
            "n" | "u" | "name" | "zz" => &["Channel 1", "mA", "a &lt; b &amp; c", "čé–", "x y"],
            _ => &[
                "1.4",
                "-24.70",
                "+0.0",
                "9999.0",
                "-9999",
                "999999999.999999",
                "1.",
                "-11000",
                "Err 3",
                "n/a",
            ],
        })
    }

    /// Something in the midst of a text.
    fn odd(&mut self) -> Result<()> {
        let odd = self.pick(&[
            "<!-- -->",
            "<!---->",
            "<?p i?>",
            "<![CDATA[1]]>",
            "<![CDATA[]]>",
            "<![CDATA[<&]]]>",
            "&#49;",
            "&#x2e;",
            "&amp;",
            "&apos;",
            "&#13;",
            "&#10;",
            " ",
            "\r",
            "\r\n",
            "\n",
            "&#0;",
            "&xx;",
            "]]>",
            "<!-- -- -->",
            "<y/>",
            "&#32;",
            "\u{1}",
            "\u{FFFE}",
            "\u{10FFFF}",
            "-",
            "&",
        ])?;
        self.out.push_str(odd);
        if self.rarely(8)? {
            let text = few_characters(self.u)?;
            self.out.push_str(text);
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<()> {
        let attribute = self.pick(&[
            " unit='x'",
            " xsi:nil='true'",
            " xsi:nil=\" 1 \"",
            " xsi:nil='false'",
            " i='1'",
            "\r\na\t=\n'&lt;\r\n\t'",
            " a='1'",
            " m:a='1'",
            " xml:lang='cs'",
            " xmlns:q='urn:q'",
            " xmlns:m='urn:q'",
            " xmlns=''",
            " xmlns:q=''",
            " q:a='2'",
            " a=1",
            " a='<'",
            " b='&#xA;\"'",
            " xsi:type='xsd:string'",
        ])?;
        self.out.push_str(attribute);
        Ok(())
    }

    /// What stands between elements.
    fn between(&mut self) -> Result<()> {
        self.out.push_str(self.eol);
        if self.rarely(24)? {
            let odd = self.pick(&[
                "\t",
                "<!-- c -->",
                "<?p?>",
                "x",
                "<![CDATA[ ]]>",
                "&#32;",
                "&amp;",
                "<!-- <a> -->\n",
            ])?;
            self.out.push_str(odd);
        }
        Ok(())
    }
}

/// A few characters of the fuzzer's own.
fn few_characters<'b>(u: &mut Unstructured<'b>) -> Result<&'b str> {
    let len = u.int_in_range(0..=12)?.min(u.len());
    let bytes = u.bytes(len)?;
    Ok(bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid()))
}
