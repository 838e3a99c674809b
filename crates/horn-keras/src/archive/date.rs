//! Dates in UTC, computed without a library: the Gregorian date of a number of days since 1970-01-01.

use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: u16,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
}

impl Date {
    pub(super) fn now() -> Self {
        Self::at(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    fn at(seconds: u64) -> Self {
        let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let (mut day, time) = (seconds / 86_400, seconds % 86_400);
        let mut year = 1970;
        while day >= 365 + u64::from(leap(year)) {
            day -= 365 + u64::from(leap(year));
            year += 1;
        }
        let days = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 0;
        while day >= days[month] {
            day -= days[month];
            month += 1;
        }
        Self {
            year: year as u16,
            month: month as u8 + 1,
            day: day as u8 + 1,
            hour: (time / 3600) as u8,
            minute: (time / 60 % 60) as u8,
            second: (time % 60) as u8,
        }
    }

    /// The format of Keras's `date_saved`.
    pub(super) fn saved(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}@{hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_all_kinds() {
        for (seconds, date) in [
            (0, "1970-01-01@00:00:00"),
            (951_782_399, "2000-02-28@23:59:59"),
            (951_782_400, "2000-02-29@00:00:00"),
            (951_868_800, "2000-03-01@00:00:00"),
            (1_735_689_599, "2024-12-31@23:59:59"),
            (1_735_689_600, "2025-01-01@00:00:00"),
            (4_107_542_400, "2100-03-01@00:00:00"),
        ] {
            assert_eq!(Date::at(seconds).saved(), date);
        }
        assert!(Date::now().saved().as_str() > "2025-01-01");
    }
}
