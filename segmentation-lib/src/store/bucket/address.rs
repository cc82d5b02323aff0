//! From an address to a client of what is there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use super::{Bucket, BucketError, Network};

/// Faults of the store and of the network are retried within this time, a request that ran into its 30
/// seconds among them; a server that follows a bucket asks again later anyway.
const RETRY: Duration = Duration::from_secs(90);
const RETRIES: usize = 4;

pub(super) fn open(text: &str) -> Result<Bucket, BucketError> {
    let wrong = |reason: String| BucketError::Address { seen: without_secrets(text), reason };
    let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("credentials belong into the environment, not into the address".to_owned()));
    }
    if url.fragment().is_some() {
        return Err(wrong("it has a fragment".to_owned()));
    }
    // Its own words repeat the text.
    let (scheme, path) = ObjectStoreScheme::parse(&url).map_err(|_| wrong(unusable(&url)))?;
    let (objects, directory) = client(&url, scheme, path).map_err(|reason| wrong(reason.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| BucketError::Runtime { source })?;
    let (url, runtime) = (text.trim_end_matches('/').to_owned(), Network(Some(runtime)));
    Ok(Bucket { url, objects, directory, runtime })
}

type Client = (Arc<dyn ObjectStore>, Option<PathBuf>);

fn client(url: &Url, scheme: ObjectStoreScheme, path: Path) -> Result<Client, Box<dyn std::error::Error>> {
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY, ..RetryConfig::default() };
    let client: Arc<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::Local => {
            let directory = url.to_file_path().map_err(|()| "a directory is written file:///DIRECTORY")?;
            return Ok((Arc::new(PrefixStore::new(LocalFileSystem::new(), path)), Some(directory)));
        }
        ObjectStoreScheme::AmazonS3 => {
            Arc::new(AmazonS3Builder::from_env().with_url(url.as_str()).with_retry(retry).build()?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            Arc::new(GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).with_retry(retry).build()?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            Arc::new(MicrosoftAzureBuilder::from_env().with_url(url.as_str()).with_retry(retry).build()?)
        }
        _ => return Err(unusable(url).into()),
    };
    Ok((Arc::new(PrefixStore::new(client, path)), None))
}

fn unusable(url: &Url) -> String {
    format!("{}: is none of the kinds that can be used", url.scheme())
}

/// The address as it may stand in a log.
fn without_secrets(text: &str) -> String {
    let bare = text.split(['?', '#']).next().unwrap_or_default();
    match (bare.split_once("://"), bare.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        _ => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_kind_are_taken() {
        for text in ["s3://bucket/a/b", "s3://bucket", "gs://bucket/a", "file:///srv/bucket/"] {
            let bucket = open(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(bucket.url(), text.trim_end_matches('/'));
        }
        assert_eq!(open("file:///srv/b").expect("one").directory, Some(PathBuf::from("/srv/b")));
    }

    #[test]
    fn others_are_refused_without_repeating_a_secret() {
        for text in [
            "store",
            "/srv/store",
            "ftp://host/x",
            "http://host/x",
            "s3://key:secret@bucket/x",
            "secret@bucket/x",
            "data:secret@bucket/x",
            "s3://b?sig=secret",
        ] {
            let message = open(text).expect_err(text).to_string();
            assert!(message.contains("s3://BUCKET/PREFIX") && !message.contains("secret"), "{message}");
        }
    }
}
