//! Headers that carry certificates: profiles, codecs, and the names to strip.

mod absence;
mod base64;
mod concatenated;
mod fault;
mod field;
mod known;
mod marked;
mod marks;
mod names;
mod percent;
mod presets;
mod profile;
mod relaxation;
mod row;
mod sanitise;
mod scan;
mod sf;
mod value;
mod words;
mod xfcc;

pub(crate) use absence::is_absent;
pub(crate) use concatenated::decode as decode_concatenated;
pub(crate) use fault::{Fault, TOO_MANY_MEMBERS};
pub use field::{
    AltNameFormat, AltNameType, Carrier, CertEncoding, Field, Flag, NameFormat, OctetFormat,
    ReasonWords, TimeFormat, VerdictWords,
};
pub(crate) use marked::decode as decode_marked;
pub use marks::{CertMarks, PercentEncoding};
pub(crate) use names::folded;
pub(crate) use profile::is_reserved;
pub use profile::{HeaderProfile, ProfileError};
pub use relaxation::Relaxation;
pub(crate) use relaxation::Relaxations;
pub use row::{HeaderRow, When};
pub(crate) use sanitise::StripSet;
pub(crate) use sf::{
    BETWEEN_MEMBERS, byte_sequence_item, byte_sequence_list, is_word, string, token_item,
};
pub(crate) use value::{
    Described, FORWARDED, Value, encode, field_value, octets, sha1_text, too_large,
};
pub(crate) use words::{
    GOOGLE_CHAIN_LEFT_OUT, GOOGLE_NOT_PROVIDED, GOOGLE_TOO_LONG, Word, read_verdict,
};
pub(crate) use xfcc::{MARKS as XFCC_MARKS, parse as parse_xfcc, write as write_xfcc};
pub use xfcc::{Xfcc, XfccElement, XfccForwarding, XfccKey};
