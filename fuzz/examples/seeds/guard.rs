//! Files of the guard behind the octet of their discipline: one alone, and each two of one case.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;

use crate::seed::{LONGEST, MOST, cases, hex, name, target};

pub(crate) fn seeds() -> Result<(), Box<dyn Error>> {
    let mut chosen = BTreeMap::new();
    for case in cases("replay-guard", "snapshot")? {
        let kind = case["open"]["in"]["counter"]["kind"].as_str();
        let kind = ["sliding", "rolling", "restarting", "none"]
            .iter()
            .position(|known| Some(*known) == kind);
        let first = u8::try_from(kind.unwrap_or_default())?;
        let mut before = Vec::new();
        for step in case["steps"].as_array().into_iter().flatten() {
            if let Some(file) = hex(&step["expect"]["ok"]["file"]) {
                let both = [&before, file.as_slice()].concat();
                for files in [&file, &both] {
                    if files.len() <= LONGEST {
                        chosen.insert([&[first], files.as_slice()].concat(), name(&case));
                    }
                }
                before = file;
            }
        }
    }
    let target = target("guard_disk")?;
    for (number, (file, id)) in chosen.into_iter().take(MOST).enumerate() {
        fs::write(target.join(format!("{id}-{number:02}")), file)?;
    }
    Ok(())
}
