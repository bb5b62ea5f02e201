//! Keeping the account in a file: a whole, consistent copy, replaced atomically.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{Error, Shared, World};

/// At most one save in this time.
const INTERVAL: Duration = Duration::from_secs(1);
/// A large account takes long to write: the pause is this many times as long.
const PAUSE: u32 = 5;

/// The account in `path`, or nothing when there is no such file yet.
pub(crate) fn load(path: &Path) -> Result<Option<World>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(mut world) => {
                crate::people::complete(&mut world);
                Ok(Some(world))
            }
            Err(e) => Err(Error::StateFormat(path.to_owned(), e)),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::StateFile(path.to_owned(), e)),
    }
}

/// Saves whenever something has changed, until the sandbox stops.
pub(crate) async fn keep_saved(shared: Shared) {
    if shared.config().state_file.is_none() {
        return;
    }
    // Machine time, not the sandbox's: a frozen account is saved too.
    let mut pause = INTERVAL;
    loop {
        tokio::time::sleep(pause).await;
        if shared.take_dirty() {
            let began = Instant::now();
            if let Err(error) = save(&shared).await {
                tracing::error!(%error, "the state was not saved");
            }
            pause = INTERVAL.max(began.elapsed() * PAUSE);
        }
    }
}

/// Saves now.
pub(crate) async fn save(shared: &Shared) -> Result<(), Error> {
    let Some(path) = shared.config().state_file.clone() else { return Ok(()) };
    let (shared, target) = (shared.clone(), path.clone());
    let written = tokio::task::spawn_blocking(move || {
        let _turn = shared.saving();
        // A copy shares the tickets with the living account, so the account is locked for an instant only.
        let snapshot = shared.read().clone();
        write(&target, &snapshot)
    })
    .await;
    written.unwrap_or_else(|e| Err(io::Error::other(e))).map_err(|e| Error::StateFile(path, e))
}

fn write(path: &Path, world: &World) -> io::Result<()> {
    let bytes = serde_json::to_vec(world)?;
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("saving");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, path)
}
