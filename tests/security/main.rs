//! What went wrong at other proxies and origins, and why it does not here: one test a row.
//!
//! # Resumption, reload, long connections (`resumption*.rs`, `fingerprints.rs`, `two_machines.rs`)
//!
//! | where it happened | what happened | the test |
//! |---|---|---|
//! | nginx CVE-2025-23419, Apache CVE-2025-23048, Cloudflare 2025 | a ticket from host A resumed at host B, whose client CAs differ | `nginx_cve_2025_23419_*`, and all of `two_machines.rs` |
//! | Cloudflare 2022, rpxy | revoked after the handshake, resumed all the same | `cloudflare_2022_rpxy_revoked_and_resumed_all_the_same` |
//! | Go CVE-2025-68121, Envoy CVE-2022-21654 | anchors replaced by a reload, old sessions resume | `go_cve_2025_68121_envoy_cve_2022_21654_anchors_replaced_by_a_reload` |
//! | APISIX #9525, HAProxy 9f1d5909 | certificate expired between handshake and resumption; renewed tickets live on for ever | `apisix_9525_haproxy_9f1d5909_*` |
//! | Envoy #21235, #42668 | the verdict "validated" is lost on a resumed session | `envoy_21235_42668_the_verdict_is_lost_on_a_resumed_session` |
//! | HAProxy 4a8f7622 | the session context left out verify mode, anchors and CRLs | `haproxy_4a8f7622_*` in `fingerprints.rs` and `resumption_settings.rs` |
//! | rustls's note on sharing storage | an anonymous session of a lax configuration resumes at a strict one | `rustls_*` in `resumption.rs` |
//! | several gateways | a certificate expires or is revoked while its connection lives on | `several_gateways_*` in `resumption_connections.rs`, and `tests/soak.rs` |
//! | Envoy #47219 | 0-RTT data before the certificate is judged | `envoy_47219_*` in `resumption_connections.rs` |
//!
//! # Server names (`server_names.rs`)
//!
//! | where it happened | what happened | the test |
//! |---|---|---|
//! | Traefik CVE-2026-48491, -53622, CVE-2022-23632; Tomcat CVE-2025-66614 | Host or :authority differs from SNI: case, trailing dot, wildcard, port | `traefik_cve_2026_48491_53622_cve_2022_23632_tomcat_cve_2025_66614_another_host` |
//! | Traefik CVE-2026-32305 | no SNI seen → the laxest configuration | `traefik_cve_2026_32305_no_server_name_is_not_the_laxest_policy` |
//! | Gateway API GEP-91, GEP-3567 | a coalesced HTTP/2 connection reused for another host | `gateway_api_gep_91_gep_3567_a_connection_reused_for_another_host` |
//!
//! # Forged headers (`forged_headers.rs`)
//!
//! | where it happened | what happened | the test |
//! |---|---|---|
//! | OpenShift CVE-2026-46579, Traefik #5061, Caddy GHSA-7r4p-vjf4-gxv4 | the client's own copy went through when it sent no certificate | `openshift_cve_2026_46579_traefik_5061_caddy_ghsa_7r4p_the_clients_own_copy` |
//! | Traefik CVE-2026-39858, Caddy GHSA-f59h-q822-g45g | `X_Forwarded_…` or `X.Forwarded…` survived and merged at the origin | `traefik_cve_2026_39858_caddy_ghsa_f59h_*` in `separators.rs` |
//! | Traefik CVE-2024-45410, CVE-2021-32813, Apache CVE-2022-31813 | `Connection: client-cert` made the next hop drop the header | `traefik_cve_2024_45410_cve_2021_32813_apache_cve_2022_31813_connection_tokens` |
//! | FortiClient CVE-2026-35616 | the origin believed a `SUCCESS` header, and chained by name only | `forticlient_cve_2026_35616_a_claim_is_no_verdict` |
//! | Envoy #6038 | the application read the first XFCC element, the attacker's | `envoy_6038_the_first_element_is_the_attackers` |
//! | several | two `Client-Cert` lines; a field in the trailers | `duplicates_and_trailers` |
//!
//! # Encoding (`encoding.rs`, `names.rs`, `formats.rs`)
//!
//! | where it happened | what happened | the test |
//! |---|---|---|
//! | several decoders | `+` read as a space | `several_decoders_plus_read_as_a_space` |
//! | Keycloak and others; Envoy #32945 | `Subject="CN=x;Chain=…"` split at `;` or `,` without regard to quotes | `keycloak_envoy_32945_a_subject_split_without_regard_to_quotes` |
//! | a Node library | an undecodable list member dropped in silence, so that a CA became the leaf | `node_library_an_undecodable_member_dropped` |
//! | several | base64 followed by garbage, two DERs in one item | `several_garbage_behind_base64_and_two_ders_in_one_item` |
//! | Envoy CVE-2025-66220 | NUL inside a SAN | `envoy_cve_2025_66220_nul_inside_a_san` |
//! | request splitting | CR, LF, NUL or non-ASCII from a DN reaches a header | `request_splitting_what_a_name_holds_never_breaks_a_line` |
//! | kuadrant, OpenBao's sample | percent-encoded PEM under the name `Client-Cert` | `kuadrant_openbao_*` in `formats.rs` |
//!
//! # Paths and loading (`paths.rs`)
//!
//! | where it happened | what happened | the test |
//! |---|---|---|
//! | Keycloak CVE-2023-2422 | any certificate of the presented chain taken as the identity | `keycloak_cve_2023_2422_any_certificate_of_the_chain_taken_for_the_identity` |
//! | Envoy CVE-2022-21657 | extended key usage not enforced | `envoy_cve_2022_21657_extended_key_usage_not_enforced` |
//! | Caddy CVE-2026-27586, Tomcat CVE-2026-53434 | an unreadable CA file or CRL → fell back to something laxer | `caddy_cve_2026_27586_tomcat_cve_2026_53434_an_unreadable_file` |
//! | Vault CVE-2025-6037, CVE-2024-2048 | a pinned certificate matched by less than its bytes | `vault_cve_2025_6037_cve_2024_2048_a_pinned_certificate_matched_by_less_than_its_bytes` |
//! | RUSTSEC-2026-0049, -0098, -0099 | fixed in rustls-webpki 0.103.12 | `rustsec_2026_0049_0098_0099_the_least_version_of_webpki` |
//! | CRL expiry | rustls ignores `nextUpdate` unless told otherwise | `crl_expiry_is_enforced_by_default` |
//! | any | someone else's certificate presented | `any_somebody_elses_certificate` |
//! | Go CVE-2018-16875 | a mesh of same-name CAs costs unbounded work | `go_cve_2018_16875_a_mesh_of_cas_of_one_name` |
//! | Traefik #12871 | oversized chains reach the origin as oversized headers | `traefik_12871_oversized_chains_reach_the_origin` |

mod carrying;
mod encoding;
mod every_field;
mod fingerprints;
mod forged_headers;
mod formats;
mod names;
mod paths;
mod resumption;
mod resumption_connections;
mod resumption_settings;
mod separators;
mod server_names;
#[path = "../support/mod.rs"]
mod support;
mod two_machines;
