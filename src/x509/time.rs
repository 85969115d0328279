//! Instants and validity periods (RFC 5280 section 4.1.2.5).

use core::fmt;
use core::str::FromStr;

use pki_types::UnixTime;
use thiserror::Error;

use super::der::{Element, GENERALIZED_TIME, Reader, UTC_TIME, write_header};

/// An instant, as seconds since 1970-01-01T00:00:00Z; negative before that.
///
/// Displays as `2023-09-21T01:50:17Z`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Time(i64);

impl Time {
    /// The instant `seconds` after (or, if negative, before) 1970-01-01T00:00:00Z.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix_seconds(self) -> i64 {
        self.0
    }

    /// As the type that rustls and webpki use, which knows no instant before 1970.
    pub fn to_unix_time(self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0).ok()?;
        Some(UnixTime::since_unix_epoch(core::time::Duration::from_secs(
            seconds,
        )))
    }

    /// The earlier of two instants, or the one that there is.
    pub(crate) fn earlier(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The instant that an element says, as [`of`](Self::of) has it.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Self::of(reader.next()?)
    }

    /// `UTCTime` as `YYMMDDHHMMSSZ` or `GeneralizedTime` as `YYYYMMDDHHMMSSZ`, nothing else.
    pub(crate) fn of(element: Element<'_>) -> Option<Self> {
        let (year, rest) = match (element.tag, element.contents) {
            (UTC_TIME, [y, z, rest @ ..]) => {
                let year = number([*y, *z])?;
                (if year < 50 { 2000 + year } else { 1900 + year }, rest)
            }
            (GENERALIZED_TIME, [w, x, y, z, rest @ ..]) => {
                (number([*w, *x])? * 100 + number([*y, *z])?, rest)
            }
            _ => return None,
        };
        let [m, n, d, e, h, i, p, q, s, t, b'Z'] = *rest else {
            return None;
        };
        let month = number([m, n])?;
        let day = number([d, e])?;
        let hour = number([h, i])?;
        let minute = number([p, q])?;
        let second = number([s, t])?;
        let in_range = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        in_range.then(|| {
            Self(((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
        })
    }

    /// Appends the instant as the element of `tag` that [`of`](Self::of) reads.
    pub(crate) fn write_der(self, der: &mut Vec<u8>, tag: u8) {
        let (year, month, day) = civil_from_days(self.0.div_euclid(86_400));
        let seconds = self.0.rem_euclid(86_400);
        let fields = [month, day, seconds / 3600, seconds / 60 % 60, seconds % 60];
        write_header(der, tag, if tag == GENERALIZED_TIME { 15 } else { 13 });
        let mut two_digits = |number: i64| {
            for digit in [number / 10 % 10, number % 10] {
                der.push(b'0' + u8::try_from(digit).unwrap_or(0));
            }
        };
        if tag == GENERALIZED_TIME {
            two_digits(year / 100);
        }
        two_digits(year % 100);
        fields
            .into_iter()
            .for_each(&mut two_digits);
        der.push(b'Z');
    }
}

#[cfg(feature = "http")]
impl Time {
    /// `Feb 25 00:30:04 2029 GMT`, as OpenSSL's `ASN1_TIME_print` has it.
    pub(crate) fn openssl_text(self) -> String {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (year, month, day) = civil_from_days(self.0.div_euclid(86_400));
        let seconds = self.0.rem_euclid(86_400);
        let name = usize::try_from(month - 1)
            .ok()
            .and_then(|index| MONTHS.get(index));
        format!(
            "{} {day:2} {:02}:{:02}:{:02} {year} GMT",
            name.map_or("", |name| *name),
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

impl From<UnixTime> for Time {
    fn from(time: UnixTime) -> Self {
        Self(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
    }
}

/// Reads the form that [`Display`](fmt::Display) writes, `2023-09-21T01:50:17Z`, and no other: RFC 3339 in
/// UTC, whole seconds, years of four digits.
impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let is_in_form = text.len() == 20
            && text
                .bytes()
                .enumerate()
                .all(|(place, octet)| match place {
                    4 | 7 => octet == b'-',
                    10 => octet == b'T',
                    13 | 16 => octet == b':',
                    19 => octet == b'Z',
                    _ => octet.is_ascii_digit(),
                });
        if !is_in_form {
            return Err(TimeError(()));
        }
        let digits: Vec<u8> = text
            .bytes()
            .filter(|octet| octet.is_ascii_digit() || *octet == b'Z')
            .collect();
        Self::of(Element {
            tag: GENERALIZED_TIME,
            contents: &digits,
            full: &digits,
        })
        .ok_or(TimeError(()))
    }
}

/// A text that is not an instant as [`Time`] displays it.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("this is no instant in the form 2023-09-21T01:50:17Z")]
pub struct TimeError(());

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds) = (self.0.div_euclid(86_400), self.0.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

/// The period in which a certificate is valid, both ends included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Validity {
    /// `notBefore`.
    pub not_before: Time,
    /// `notAfter`.
    pub not_after: Time,
}

impl Validity {
    /// Reads the contents of a `Validity` SEQUENCE.
    pub(crate) fn read(contents: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(contents);
        let not_before = Time::read(&mut reader)?;
        let not_after = Time::read(&mut reader)?;
        reader.is_empty().then_some(Self {
            not_before,
            not_after,
        })
    }

    /// Whether `time` lies within the period.
    pub fn contains(&self, time: Time) -> bool {
        self.not_before <= time && time <= self.not_after
    }

    /// What lies in both periods; it may be nothing.
    pub(crate) fn overlap(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }

    /// The instant of the period that is nearest to `time`; `None` if there is none at all.
    pub(crate) fn nearest_to(&self, time: Time) -> Option<Time> {
        (self.not_before <= self.not_after).then(|| time.clamp(self.not_before, self.not_after))
    }
}

/// Of two digits.
fn number(digits: [u8; 2]) -> Option<i64> {
    let [tens, ones] = digits.map(|digit| digit.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar; years begin in March here, so that
/// the leap day is the last of a year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = (shifted_month + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(tag: u8, text: &[u8]) -> Option<String> {
        let mut der = vec![tag, u8::try_from(text.len()).unwrap()];
        der.extend_from_slice(text);
        Time::read(&mut Reader::new(&der)).map(|time| time.to_string())
    }

    #[test]
    fn reads_what_rfc_5280_allows() {
        for (tag, text, expected) in [
            (UTC_TIME, &b"230921015017Z"[..], "2023-09-21T01:50:17Z"),
            (UTC_TIME, b"491231235959Z", "2049-12-31T23:59:59Z"),
            (UTC_TIME, b"500101000000Z", "1950-01-01T00:00:00Z"),
            (UTC_TIME, b"000229000000Z", "2000-02-29T00:00:00Z"),
            (GENERALIZED_TIME, b"99991231235959Z", "9999-12-31T23:59:59Z"),
            (GENERALIZED_TIME, b"00000101000000Z", "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(tag, text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn reads_its_own_text_and_no_other() {
        for text in [
            "",
            "2023-09-21",
            "2023-09-21T01:50:17",
            "2023-09-21t01:50:17Z",
            "2023-09-21 01:50:17Z",
            "2023-09-21T01:50:17.0Z",
            "2023-09-21T01:50:17+00:00",
            "2023-02-29T00:00:00Z",
            "2023-09-21T24:00:00Z",
            "02023-09-21T01:50:17Z",
            "-023-09-21T01:50:17Z",
        ] {
            assert_eq!(text.parse::<Time>(), Err(TimeError(())), "{text}");
        }
    }

    #[test]
    fn refuses_every_other_form() {
        for (tag, text) in [
            (UTC_TIME, &b"2309210150Z"[..]),          // no seconds
            (UTC_TIME, b"230921015017+0100"),         // offset
            (UTC_TIME, b"230229000000Z"),             // no such day
            (UTC_TIME, b"231301000000Z"),             // no such month
            (UTC_TIME, b"230921015060Z"),             // leap second
            (UTC_TIME, b"230921240000Z"),             // hour 24
            (UTC_TIME, b"2309210150 7Z"),             // not a digit
            (GENERALIZED_TIME, b"20230921015017.5Z"), // fraction
            (0x04, b"230921015017Z"),                 // not a time
        ] {
            assert_eq!(read(tag, text), None);
        }
    }

    proptest! {
        #[test]
        fn elements_are_read_as_they_are_written(
            seconds in days_from_civil(1950, 1, 1) * 86_400..days_from_civil(2050, 1, 1) * 86_400,
            later in days_from_civil(0, 1, 1) * 86_400..days_from_civil(10_000, 1, 1) * 86_400,
        ) {
            for (tag, seconds) in [(UTC_TIME, seconds), (GENERALIZED_TIME, later)] {
                let mut der = Vec::new();
                Time(seconds).write_der(&mut der, tag);
                prop_assert_eq!(Time::read(&mut Reader::new(&der)), Some(Time(seconds)));
            }
        }

        #[test]
        fn texts_are_read_as_they_are_written(
            seconds in days_from_civil(0, 1, 1) * 86_400..days_from_civil(10_000, 1, 1) * 86_400,
            place in 0_usize..20,
            octet in 0x20_u8..0x7f,
        ) {
            let text = Time(seconds).to_string();
            prop_assert_eq!(text.parse(), Ok(Time(seconds)));
            // Whatever is read is written alike.
            let mut changed = text.into_bytes();
            changed[place] = octet;
            let changed = String::from_utf8(changed).unwrap();
            if let Ok(time) = changed.parse::<Time>() {
                prop_assert_eq!(time.to_string(), changed);
            }
        }

        #[test]
        fn calendar_round_trips(days in -1_000_000_i64..4_000_000) {
            let (year, month, day) = civil_from_days(days);
            prop_assert!((1..=12).contains(&month));
            prop_assert!((1..=days_in_month(year, month)).contains(&day));
            prop_assert_eq!(days_from_civil(year, month, day), days);
        }
    }
}
