#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! | layer | module | what it does |
//! |---|---|---|
//! | the whole edge | `edge` | [`Edge`], [`EdgeConnection`], [`ConnectionFunction`], [`ConnectionRecord`]: verifier, function and forwarder as one object |
//! | both directions | `forwarder`, `receiver` | [`CertForwarder`], [`CertReceiver`]: identities to headers and back |
//! | | `proxy_tlv` | [`encode_proxy_tlv`], [`receive_proxy_tlv`]: the same for the PROXY protocol |
//! | | `hop` | [`TrustedHop`]: why a sender is believed |
//! | several policies | `server_name` | [`PolicyMap`]: the policy of a server name, and whether a request belongs on its connection |
//! | headers | `header` | [`HeaderProfile`], its [`Field`]s and codecs, and the names that are stripped |
//! | rustls | `verifier` | [`ClientCertVerifier`], [`HandshakeFacts`], [`check_config`]: the rustls adapter |
//! | explanations | `explanation` | [`ChainPolicy::explain`], [`Explanation`]: what a verdict looked at, for people |
//! | policy | `policy` | [`ClientAuthPolicy`], [`ChainPolicy`], [`Rejection`]: what is accepted, and why not |
//! | path | `path` | finding a path and checking it |
//! | | `signature_cache` | [`SignatureCache`]: signatures that were valid |
//! | revocation | `revocation` | [`RevocationLists`], [`Revocation`], [`DenyList`]: what is revoked, and what a policy makes of it |
//! | trust store | `trust_store` | [`TrustStore`]: loading anchors, and looking them up |
//! | certificates | `chain`, `x509` | [`CertChain`], [`Certificate`]: bytes, and a view of them |
//!
//! What a module may use stands below it. Everything public is re-exported here.
#![forbid(unsafe_code, unused_must_use)]
#![deny(missing_docs)]
#![warn(
    clippy::alloc_instead_of_core,
    clippy::as_conversions,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::exit,
    clippy::expect_used,
    clippy::get_unwrap,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used,
    missing_copy_implementations,
    missing_debug_implementations,
    unnameable_types,
    unreachable_pub
)]
#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        reason = "a test fails by panicking"
    )
)]
#![cfg_attr(edge_mtls_docsrs, feature(doc_cfg))]

mod chain;
#[cfg(feature = "http")]
mod edge;
mod explanation;
mod fingerprint;
#[cfg(feature = "http")]
mod forwarder;
#[cfg(feature = "http")]
mod header;
mod hex;
mod hop;
mod path;
mod policy;
mod proxy_tlv;
#[cfg(feature = "http")]
mod receiver;
mod revocation;
mod server_name;
mod signature_cache;
mod trust_store;
mod verifier;
mod x509;

pub use chain::CertChain;
#[cfg(feature = "http")]
pub use edge::{
    AllOf, Allow, AnyOf, ConnectionFailure, ConnectionFunction, ConnectionInfo, ConnectionRecord,
    ConnectionStep, ConnectionView, Decision, DeclareError, Edge, EdgeConnection, EdgeHandshake,
    EdgeRefusal, RefusedConnection, RequestDecision, RequestStep,
};
pub use explanation::{
    CandidateFinding, CandidateIssuer, CertificateSource, ExplainedCertificate, ExplainedPath,
    Explanation, PathOutcome,
};
pub use fingerprint::Fingerprint;
#[cfg(feature = "http")]
pub use forwarder::{CertForwarder, CertHeaders, ForwardError, TooLong};
#[cfg(feature = "http")]
pub use header::{
    AltNameFormat, AltNameType, Carrier, CertEncoding, CertMarks, Field, Flag, HeaderProfile,
    HeaderRow, NameFormat, OctetFormat, PercentEncoding, ProfileError, ReasonWords, Relaxation,
    TimeFormat, VerdictWords, When, Xfcc, XfccElement, XfccForwarding, XfccKey,
};
pub use hop::TrustedHop;
pub use pki_types;
pub use policy::{
    CaNamesError, ChainFault, ChainLimits, ChainPolicy, ChainPolicyBuilder, ClientAuthMode,
    ClientAuthPolicy, ClientIdentity, Passthrough, PolicyError, PresentedCertificate, ProfileFault,
    PurposeFault, Rejection, UntrustedCause, VerifiedChain,
};
pub use proxy_tlv::{ProxyTlvError, ReceivedTlv, encode_proxy_tlv, receive_proxy_tlv};
#[cfg(feature = "http")]
pub use receiver::{CertReceiver, ClaimedStatus, ReceiveError, Received};
pub use revocation::{
    DenyList, ListFault, ListReport, ListScope, Revocation, RevocationDepth, RevocationList,
    RevocationLists, RevocationListsBuilder, RevocationListsError, RevocationReason,
    RevocationStatus, RevokedBy, RevokedEntry, Settlement, UnknownCause, UnknownStatus, Unsettled,
};
pub use server_name::{ChosenPolicy, NameRejection, PolicyMap, PolicyMapBuilder, PolicyMapError};
pub use signature_cache::SignatureCache;
pub use trust_store::{
    AnchorFault, TrustAnchor, TrustStore, TrustStoreBuilder, TrustStoreError, TrustStoreLimits,
};
pub use verifier::{
    ClientCertVerifier, ConfigFault, ConnectionVerifier, HandshakeFacts, ReplaceError, Resumption,
    VerifierError, check_config, forbid_resumption,
};
pub use x509::{
    Certificate, ExtendedKeyUsage, KeyUsage, MalformedCertificate, Name, ObjectIdentifier,
    PemFault, SerialNumber, SpiffeId, SubjectAltName, SubjectAltNames, Time, TimeError, Validity,
};
