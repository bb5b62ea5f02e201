//! Business hours: `/api/v2/business_hours/schedules`.

use jiff::civil::Date;
use serde::Deserialize;

use crate::client::{Call, Client};
use crate::{Error, Resource};

/// Weekly business hours.
#[derive(Debug, Clone, Deserialize)]
pub struct Schedule {
    /// Id.
    pub id: i64,
    /// Name.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub name: String,
    /// Rails' name of the time zone: `Pacific Time (US & Canada)`.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub time_zone: String,
    /// Open hours.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub intervals: Vec<Interval>,
}

/// Open from … to …, in minutes since Sunday 00:00 local time (0 to 10080).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Interval {
    /// First minute.
    pub start_time: u16,
    /// Minute after the last.
    pub end_time: u16,
}

/// Days on which a schedule is closed.
#[derive(Debug, Clone, Deserialize)]
pub struct Holiday {
    /// Id.
    pub id: i64,
    /// Name.
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub name: String,
    /// First day.
    pub start_date: Date,
    /// Last day.
    pub end_date: Date,
}

/// Calls about schedules.
#[derive(Debug, Clone, Copy)]
pub struct Schedules<'a>(&'a Client);

impl Client {
    /// Calls about schedules.
    pub fn schedules(&self) -> Schedules<'_> {
        Schedules(self)
    }
}

impl Schedules<'_> {
    /// All schedules. Accounts whose plan has none answer [`Error::NotFound`] or [`Error::Forbidden`].
    pub async fn list(&self) -> Result<Vec<Schedule>, Error> {
        #[derive(Deserialize)]
        struct Many {
            #[serde(default, deserialize_with = "crate::de::null_as_default")]
            schedules: Vec<Schedule>,
        }
        let call = Call::get(Resource::Schedules, "/api/v2/business_hours/schedules");
        Ok(self.0.fetch::<Many>(call).await?.schedules)
    }

    /// The holidays of one schedule.
    pub async fn holidays(&self, schedule_id: i64) -> Result<Vec<Holiday>, Error> {
        #[derive(Deserialize)]
        struct Many {
            #[serde(default, deserialize_with = "crate::de::null_as_default")]
            holidays: Vec<Holiday>,
        }
        let call =
            Call::get(Resource::Schedules, "/api/v2/business_hours/schedules/{id}/holidays").arg(schedule_id);
        Ok(self.0.fetch::<Many>(call).await?.holidays)
    }
}
