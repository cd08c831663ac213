//! The registry of device certificates (device-trust §B).

use comet_proto::{Family, UnixMillis};
use device_trust::certificate::{Row, State, Thumbprint};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::device::order;
use super::{Device, Devices, signed};

/// A row of `certified`.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    device_id: String,
    pub(crate) project: Option<String>,
    pub(crate) revoked: bool,
    /// The present certificate, and the next one during a renewal.
    pub(crate) thumbprints: Vec<Thumbprint>,
}

impl Certificates {
    /// As the checks want it.
    pub(crate) fn row<'r>(&'r self, device: &Device) -> Row<'r> {
        Row {
            device_id: &self.device_id,
            project: self.project.as_deref(),
            state: match (self.revoked, device.standing.suspended) {
                (true, _) => State::Revoked,
                // An operator's word: the guard shuts no device of these families by itself.
                (false, true) => State::Suspended,
                (false, false) => State::Active,
            },
            thumbprints: &self.thumbprints,
        }
    }

    fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let (present, next): (Option<[u8; 32]>, Option<[u8; 32]>) = (row.get("present")?, row.get("next")?);
        Ok(Self {
            device_id: row.get("device_id")?,
            project: row.get("project")?,
            revoked: row.get("revoked")?,
            thumbprints: [present, next].into_iter().flatten().map(Thumbprint).collect(),
        })
    }
}

/// A certificate for a device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewCertificate<'c> {
    pub(crate) family: Family,
    pub(crate) serial: &'c str,
    /// A name for people, if the device is not registered yet.
    pub(crate) name: Option<&'c str>,
    /// The identity that it names.
    pub(crate) device_id: &'c str,
    pub(crate) thumbprint: Thumbprint,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is the certificate of the device.
    Present,
    /// It is the next one.
    Next,
    /// It is there already, with this device or another.
    Known,
    /// There is a next one already.
    Full,
    /// The certificates of the device name another identity.
    OtherIdentity,
    /// The device is revoked.
    Revoked,
}

impl Devices {
    /// The device that a certificate belongs to.
    pub(crate) fn by_thumbprint(
        &self,
        thumbprint: &Thumbprint,
    ) -> rusqlite::Result<Option<(Device, Certificates)>> {
        self.0
            .prepare_cached(
                "SELECT * FROM certified JOIN device USING (family, serial) LEFT JOIN gate_order USING (family, serial) \
                 WHERE present = ?1 OR next = ?1",
            )?
            .query_row([thumbprint.0], |row| {
                Ok((Device::from_row(row)?, Certificates::from_row(row)?))
            })
            .optional()
    }

    /// The certificates of a device.
    pub(crate) fn certificates(
        &self,
        family: Family,
        serial: &str,
    ) -> rusqlite::Result<Option<Certificates>> {
        certificates(&self.0, family, serial)
    }

    /// Adds a certificate, and the device if there is none yet: it gets no entry point then.
    pub(crate) fn add_certificate(
        &mut self,
        new: &NewCertificate<'_>,
        now: UnixMillis,
    ) -> rusqlite::Result<Added> {
        let NewCertificate { family, serial, .. } = *new;
        // What is looked up holds until the end: a certificate is that of one device.
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if is_known(&transaction, &new.thumbprint)? {
            return Ok(Added::Known);
        }
        let added = match certificates(&transaction, family, serial)? {
            None => {
                transaction.execute(
                    "INSERT INTO device (family, serial, name, added_ms) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (family, serial) DO NOTHING",
                    params![family.code(), serial, new.name, signed(now.0)],
                )?;
                transaction.execute(
                    "INSERT INTO certified (family, serial, device_id, present) VALUES (?1, ?2, ?3, ?4)",
                    params![family.code(), serial, new.device_id, new.thumbprint.0],
                )?;
                Added::Present
            }
            Some(known) if known.revoked => return Ok(Added::Revoked),
            Some(known) if known.device_id != new.device_id => return Ok(Added::OtherIdentity),
            Some(known) if known.thumbprints.len() > 1 => return Ok(Added::Full),
            Some(_) => {
                transaction.execute(
                    "UPDATE certified SET next = ?3 WHERE family = ?1 AND serial = ?2",
                    params![family.code(), serial, new.thumbprint.0],
                )?;
                Added::Next
            }
        };
        transaction.commit()?;
        Ok(added)
    }

    /// Ends the present certificate in favour of the next one; `false` if there is no next one.
    pub(crate) fn retire_certificate(&self, family: Family, serial: &str) -> rusqlite::Result<bool> {
        let changed = self.0.execute(
            "UPDATE certified SET present = next, next = NULL WHERE family = ?1 AND serial = ?2 AND next IS NOT NULL",
            params![family.code(), serial],
        )?;
        Ok(changed == 1)
    }

    /// Binds a device with certificates to a project, or to none; `false` if there is no such device.
    pub(crate) fn set_project(
        &self,
        family: Family,
        serial: &str,
        project: Option<&str>,
    ) -> rusqlite::Result<bool> {
        let changed = self.0.execute(
            "UPDATE certified SET project = ?3 WHERE family = ?1 AND serial = ?2",
            params![family.code(), serial, project],
        )?;
        Ok(changed == 1)
    }

    /// Shuts a device with certificates out for good: its sessions, and at once the entry point that it may have, which is withdrawn.
    /// `false` if there is no such device.
    pub(crate) fn revoke(&mut self, family: Family, serial: &str) -> rusqlite::Result<bool> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let changed = transaction.execute(
            "UPDATE certified SET revoked = 1 WHERE family = ?1 AND serial = ?2",
            params![family.code(), serial],
        )?;
        if changed == 1 {
            transaction.execute(
                "UPDATE device SET entry_current = NULL, entry_previous = NULL WHERE family = ?1 AND serial = ?2",
                params![family.code(), serial],
            )?;
            // For messages under way to the entry point.
            order(&transaction, family, serial, true)?;
        }
        transaction.commit()?;
        Ok(changed == 1)
    }
}

fn certificates(
    connection: &Connection,
    family: Family,
    serial: &str,
) -> rusqlite::Result<Option<Certificates>> {
    connection
        .prepare_cached("SELECT * FROM certified WHERE family = ?1 AND serial = ?2")?
        .query_row([family.code(), serial], Certificates::from_row)
        .optional()
}

/// Whether it is the certificate of a device, or its next one.
fn is_known(connection: &Connection, thumbprint: &Thumbprint) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM certified WHERE present = ?1 OR next = ?1")?
        .exists([thumbprint.0])
}

/// Whether the device is revoked.
pub(super) fn is_revoked(connection: &Connection, family: Family, serial: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM certified WHERE family = ?1 AND serial = ?2 AND revoked")?
        .exists([family.code(), serial])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_at_once_do_not_register_one_certificate_twice() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Devices::new(crate::store::open(&folder.path().join("comet.db")).unwrap());
        let add = |mut devices: Devices, serial, thumbprint| {
            let new = NewCertificate {
                family: Family::Wifi,
                serial,
                name: None,
                device_id: "one",
                thumbprint: Thumbprint([thumbprint; 32]),
            };
            devices.add_certificate(&new, UnixMillis(1)).unwrap()
        };
        // As the next one of a device, and as the present one of another: no index of the table sees both.
        assert_eq!(add(open(), "21990417", 1), Added::Present);
        let [first, second, mut holder] = [open(), open(), open()];
        let held = holder
            .0
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        let added = std::thread::scope(|scope| {
            let first = scope.spawn(move || add(first, "21990417", 2));
            let second = scope.spawn(move || add(second, "21990418", 2));
            // Both have looked up what they can without the right to write.
            std::thread::sleep(std::time::Duration::from_millis(300));
            held.rollback().unwrap();
            [first.join().unwrap(), second.join().unwrap()]
        });
        let known = added.iter().filter(|added| **added == Added::Known).count();
        assert_eq!(known, 1, "{added:?}");
    }
}
