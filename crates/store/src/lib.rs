#![doc = include_str!("../README.md")]

mod clock;
mod db;
mod error;
mod id;
mod migrate;
mod random;
mod signal;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod tx;
mod value;

pub use clock::{Clock, ManualClock, SystemClock};
pub use db::{Backend, Db, Health, Options};
pub use error::{Error, Result};
pub use id::AccountId;
#[doc(hidden)]
pub use id::{decode as decode_id, encode as encode_id};
pub use migrate::{Migration, MigrationReport};
pub use random::{OsRandom, Random, SeededRandom};
pub use signal::{Signal, Signals};
pub use statement::{Statement, sql, sql2};
pub use time::Time;
pub use tx::{Record, SystemTx, Tx};
pub use value::{Json, Value};
