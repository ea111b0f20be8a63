//! A file of addresses, one a line.

use crate::address::Place;
use crate::config::ListFile;
use crate::local;
use crate::repository::{Listing, Repository, TroubleKind};
use std::path::Path;

/// Lists after which reading stops.
const MAX_BYTES: u64 = 64 << 20;

pub(crate) fn list(config: &ListFile, base: &Path) -> Listing {
    let mut listing = Listing::whole();
    let path = base.join(&config.file);
    let shown = config.file.display().to_string();
    let text = match std::fs::metadata(&path)
        .and_then(|m| if m.len() > MAX_BYTES { Ok(None) } else { std::fs::read_to_string(&path).map(Some) })
    {
        Ok(Some(text)) => text,
        Ok(None) => {
            listing.trouble(shown, TroubleKind::Listing, "the list is larger than 64 MB");
            return listing;
        }
        Err(e) => {
            listing.trouble(shown, TroubleKind::Listing, format!("the list can't be read: {e}"));
            return listing;
        }
    };
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if !line.is_empty() && !line.starts_with('#') {
            entry(line, &format!("{shown}:{}", at + 1), path.parent().unwrap_or(base), &mut listing);
        }
    }
    listing
}

fn entry(line: &str, place: &str, base: &Path, listing: &mut Listing) {
    let mut words = line.split_whitespace().take_while(|w| !w.starts_with('#'));
    let (Some(address), branch, rest) = (words.next(), words.next(), words.next()) else { return };
    if rest.is_some() {
        listing.trouble(place, TroubleKind::Entry, "a line is an address and perhaps a branch; there is a third word");
        return;
    }
    let mut found = match Place::parse(address) {
        Ok(Place::Remote(address)) => {
            Repository { forge_id: address.id(), name: address.name().to_owned(), url: address.to_string(), ..local::nameless() }
        }
        Ok(Place::Folder(folder)) => match local::repository(&base.join(folder)) {
            Some(found) => found,
            None => {
                let message = format!("`{}` is not a git repository", crate::address::shown(address));
                listing.trouble(place, TroubleKind::Entry, message);
                return;
            }
        },
        Err(error) => {
            listing.trouble(place, TroubleKind::Entry, error.to_string());
            return;
        }
    };
    found.default_ref = branch.map(str::to_owned).or(found.default_ref);
    listing.repositories.push(found);
}
