//! What came of devices before they were registered.

use std::sync::Arc;

use comet_proto::Arrival;
use comet_proto::sigfox::Reply;

use super::super::Gateway;
use super::records::{Task, one};
use crate::store::sigfox::{Adopted, Turn, Waiting};

/// Takes it in, for devices that were registered a moment ago.
pub(in crate::serve) async fn adopt(gateway: &Arc<Gateway>) {
    loop {
        let looking = Arc::clone(gateway);
        let found = tokio::task::spawn_blocking(move || looking.devices().waiting()).await;
        // Where the database does not answer, each message says so.
        let Ok(Ok(Some(waiting))) = found else { return };
        let Waiting {
            device,
            device_type,
            records,
        } = waiting;
        let mut adopted = Adopted::new(&device.serial);
        // A device that is shut has to be opened first, and registered devices are not unknown any more: then they stay for people.
        let mut ended = records.is_empty();
        for (id, received, archive) in records {
            let arrival = Arrival::new(received, [0; 16]);
            let Some(claim) = archive.claim(arrival) else {
                ended = true;
                continue;
            };
            let task = Task {
                claim,
                device: Some(device.clone()),
                // If it asks it is answered as it was when it came: with nothing (R13).
                turn: Turn::default(),
                received,
            };
            let done = one(gateway, &device_type, task).await;
            match done.reply {
                Reply::Taken if done.kept => adopted.record(id),
                Reply::Taken => ended = true,
                _ => return,
            }
        }
        if ended {
            adopted.end();
        }
        if gateway.writer.store(adopted).await.is_err() {
            return;
        }
    }
}
