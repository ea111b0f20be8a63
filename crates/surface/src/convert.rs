//! A census and the tree it was taken of, as a catalog.

use crate::languages::Languages;
use crate::survey::Survey;
use crate::{coverage, endpoint, outbound, service, taken};
use apicensus_catalog::{Catalog, Repository, Revision};
use apicensus_eval::output::Census;

/// Makes the catalog of one tree. Deterministic: it depends on the tree and the census only.
pub fn catalog(census: &Census, survey: &Survey<'_>, languages: &Languages) -> Catalog {
    let services = service::services(&census.routes, survey, languages);
    let mut endpoints = endpoint::endpoints(&census.routes, &services, survey);
    let passing = census.routes.iter().filter(|route| route.passes_on);
    let passing = passing.map(|route| (survey.path(route.registered_at.file), route.registered_at.line)).collect();
    taken::mark(&mut endpoints, &census.in_order, &passing);
    let tree = survey.tree();
    let revision = tree.requested().zip(tree.revision()).map(|(requested, revision)| Revision {
        commit: revision.commit.clone(),
        requested: requested.to_owned(),
        time: rfc3339(revision.time),
    });
    Catalog {
        repositories: vec![Repository { name: service::tree_name(survey), root: tree.root().display().to_string(), revision }],
        coverage: coverage::coverage(survey, census, &endpoints),
        troubles: coverage::troubles(survey, census),
        services: services.services,
        outbound: outbound::outbound(census, survey),
        endpoints,
        schemas: census.schemas.clone(),
        ..Catalog::default()
    }
}

/// Seconds since 1970 as RFC 3339 in UTC; None for years that it can't say. Days to dates: the algorithm of Howard Hinnant,
/// "chrono-compatible low-level date algorithms".
pub fn rfc3339(seconds: i64) -> Option<String> {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days.checked_add(719_468)?;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    (0..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(rfc3339(1_700_000_000).as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(rfc3339(951_782_400).as_deref(), Some("2000-02-29T00:00:00Z"));
        assert_eq!(rfc3339(-1).as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!(rfc3339(i64::MAX), None);
        assert_eq!(rfc3339(i64::MIN), None);
    }
}
