//! A profile that says all that a profile can say.

use edge_mtls::{
    AltNameFormat, AltNameType, Carrier, CertEncoding, CertMarks, Field, Flag, HeaderProfile,
    HeaderRow, NameFormat, OctetFormat, PercentEncoding, ReasonWords, TimeFormat, VerdictWords,
    Xfcc,
};

use crate::carrying::header;

/// A header for each field in each of its forms.
pub fn every_field() -> HeaderProfile {
    use Field as F;

    let mut fields = vec![F::CommonName, F::SpiffeId, F::Status, F::Validity];
    for format in [AltNameFormat::Base64, AltNameFormat::StructuredField] {
        for kind in [
            AltNameType::Dns,
            AltNameType::Email,
            AltNameType::Ip,
            AltNameType::Uri,
        ] {
            fields.push(F::AltNames(kind, format));
        }
    }
    for format in [
        NameFormat::DerBase64,
        NameFormat::Oneline,
        NameFormat::Rfc2253,
    ] {
        fields.extend([F::Issuer(format), F::Subject(format)]);
    }
    for format in [
        TimeFormat::Iso8601,
        TimeFormat::OpenSsl,
        TimeFormat::Rfc3339Offset,
    ] {
        fields.extend([F::NotAfter(format), F::NotBefore(format)]);
    }
    for format in [
        OctetFormat::Base64,
        OctetFormat::ColonHex,
        OctetFormat::LowerHex,
        OctetFormat::UpperHex,
    ] {
        fields.extend([F::SerialNumber(format), F::Sha1(format), F::Sha256(format)]);
    }
    for flag in [Flag::OneOrZero, Flag::TrueOrFalse] {
        fields.extend([F::Present(flag), F::Verified(flag)]);
        fields.extend([
            F::TooLarge(Carrier::Chain, flag),
            F::TooLarge(Carrier::Leaf, flag),
        ]);
    }
    fields.extend([ReasonWords::Code, ReasonWords::GoogleCloud].map(F::Reason));
    fields.extend(
        [
            VerdictWords::Apache,
            VerdictWords::Nginx,
            VerdictWords::OpenSslNumber,
        ]
        .map(F::Verdict),
    );
    fields.push(F::Xfcc(
        Xfcc::new()
            .by("u\";x")
            .cert()
            .chain()
            .subject()
            .uri()
            .dns(),
    ));
    for encoding in [
        CertEncoding::Concatenated,
        CertEncoding::Marked(CertMarks::base64()),
        CertEncoding::Marked(
            CertMarks::pem()
                .line_break(" ")
                .after_each(""),
        ),
        CertEncoding::Marked(CertMarks::pem_percent_encoded(
            PercentEncoding::LineFeedSpace,
        )),
        CertEncoding::Marked(CertMarks::pem_percent_encoded(
            PercentEncoding::LineFeedSpaceBase64,
        )),
        CertEncoding::Marked(CertMarks::pem_percent_encoded(PercentEncoding::Reserved)),
        CertEncoding::StructuredField,
    ] {
        fields.extend([
            F::Chain(encoding.clone()),
            F::Leaf(encoding.clone()),
            F::LeafAndChain(encoding.clone()),
            F::NumberedChain(encoding),
        ]);
    }
    fields
        .into_iter()
        .zip(100..)
        .fold(HeaderProfile::empty(), |profile, (field, number)| {
            let san = if matches!(field, F::AltNames(..)) {
                "san"
            } else {
                "field"
            };
            let name = header(&format!("x-{san}-{number}-"));
            profile
                .with(HeaderRow::new(name, field))
                .unwrap()
        })
}
