//! What a certificate can hold more than it needs.

use crate::der::{OddCertificate, common_name, implicit, octet_string, oid, sequence, tlv};

/// So much of something that a certificate can hold.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    None,
    Extensions,
    CriticalExtensions,
    Purposes,
    DnsNames,
    LongDnsNames,
    DirectoryNames,
    Addresses,
    PermittedNames,
    ExcludedLongNames,
    PermittedDirectories,
    ExcludedAddresses,
    Points,
    PointNames,
    Serial,
    KeyOctets,
    SignatureOctets,
    KeyIdentifier,
    Policies,
}

pub const PARTS: &[Part] = &[
    Part::None,
    Part::Extensions,
    Part::CriticalExtensions,
    Part::Purposes,
    Part::DnsNames,
    Part::LongDnsNames,
    Part::DirectoryNames,
    Part::Addresses,
    Part::PermittedNames,
    Part::ExcludedLongNames,
    Part::PermittedDirectories,
    Part::ExcludedAddresses,
    Part::Points,
    Part::PointNames,
    Part::Serial,
    Part::KeyOctets,
    Part::SignatureOctets,
    Part::KeyIdentifier,
    Part::Policies,
];

impl Part {
    pub fn add(
        self,
        certificate: OddCertificate,
        signature: &mut Vec<u8>,
        amount: usize,
    ) -> OddCertificate {
        let many = |one: Vec<u8>| sequence(&vec![one; amount]);
        let subtrees = |which: u8, one: Vec<u8>| {
            sequence(&[tlv(0xa0 | which, &vec![sequence(&[one]); amount].concat())])
        };
        let mut certificate = certificate;
        match self {
            Self::None => {}
            Self::Extensions | Self::CriticalExtensions => {
                for number in 0..amount {
                    let kind = format!("1.2.{number}");
                    let critical = matches!(self, Self::CriticalExtensions);
                    certificate = certificate.extension(&kind, critical, b"");
                }
            }
            Self::Purposes => {
                let mut purposes = vec![oid("1.2"); amount];
                purposes.push(oid("1.3.6.1.5.5.7.3.2"));
                certificate = certificate.extension("2.5.29.37", false, &sequence(&purposes));
            }
            Self::DnsNames => {
                certificate = certificate.extension("2.5.29.17", false, &many(implicit(2, b"a.b")));
            }
            Self::LongDnsNames => {
                certificate =
                    certificate.extension("2.5.29.17", false, &many(implicit(2, &long_name(b'b'))));
            }
            Self::ExcludedLongNames => {
                let names = subtrees(1, implicit(2, &long_name(b'c')));
                certificate = certificate.extension("2.5.29.30", true, &names);
            }
            Self::DirectoryNames => {
                let name = tlv(0xa4, &common_name("a"));
                certificate = certificate.extension("2.5.29.17", false, &many(name));
            }
            Self::Addresses => {
                certificate =
                    certificate.extension("2.5.29.17", false, &many(implicit(7, &[192, 0, 2, 1])));
            }
            Self::PermittedNames => {
                let names = subtrees(0, implicit(2, b"b"));
                certificate = certificate.extension("2.5.29.30", true, &names);
            }
            Self::PermittedDirectories => {
                let names = subtrees(0, tlv(0xa4, &sequence::<&[u8]>(&[])));
                certificate = certificate.extension("2.5.29.30", true, &names);
            }
            Self::ExcludedAddresses => {
                let names = subtrees(1, implicit(7, &[10, 0, 0, 0, 255, 0, 0, 0]));
                certificate = certificate.extension("2.5.29.30", true, &names);
            }
            Self::Points => {
                let name = tlv(0xa0, &tlv(0xa0, &implicit(6, b"u:")));
                certificate = certificate.extension("2.5.29.31", false, &many(sequence(&[name])));
            }
            Self::PointNames => {
                let names = vec![implicit(6, b"u:"); amount].concat();
                let point = sequence(&[tlv(0xa0, &tlv(0xa0, &names))]);
                certificate = certificate.extension("2.5.29.31", false, &sequence(&[point]));
            }
            Self::Serial => certificate.serial = vec![1; amount + 1],
            Self::KeyOctets => {
                let algorithm = sequence(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
                let key = crate::der::bit_string(&vec![0; amount * 4]);
                certificate.spki = sequence(&[algorithm, key]);
            }
            Self::SignatureOctets => signature.resize(signature.len() + amount * 4, 0xff),
            Self::KeyIdentifier => {
                let identifier = octet_string(&vec![1; amount * 4]);
                certificate = certificate.extension("2.5.29.14", false, &identifier);
            }
            Self::Policies => {
                let policies = many(sequence(&[oid("1.2")]));
                certificate = certificate.extension("2.5.29.32", false, &policies);
            }
        }
        certificate
    }
}

/// The longest that a DNS name can be, of which the first character is given.
fn long_name(first: u8) -> Vec<u8> {
    let mut name = vec![b'a'; 253];
    name.iter_mut()
        .skip(63)
        .step_by(64)
        .for_each(|octet| *octet = b'.');
    name[0] = first;
    name
}
