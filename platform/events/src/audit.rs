//! The promises of events, checked on the databases of a quiet system.

use std::collections::{BTreeSet, HashMap};

use runtime::Database;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use crate::{
    inbox::inbox,
    outbox::{outbox, outbox_sequences},
};

/// Checks what a publisher published against what its consumers have done; returns what is wrong, one sentence each.
///
/// - Per aggregate, events are numbered 1, 2, 3 in the order of their ids, without gaps; the oldest may have been pruned.
/// - Each consumer has done each event. A dead letter counts as done: see [`Inbox::dead_letters`](crate::Inbox::dead_letters).
/// - No consumer has done what was never published.
///
/// That nothing was done twice is the inbox's primary key.
///
/// # Errors
/// When a database cannot be read.
pub async fn audit(publisher: &Database, consumers: &[(&str, &Database)]) -> Result<Vec<String>, DbErr> {
    let source = publisher.module();
    let mut problems = Vec::new();

    let events: Vec<(i64, String, i64)> = outbox::Entity::find()
        .select_only()
        .columns([outbox::Column::Id, outbox::Column::Aggregate, outbox::Column::Sequence])
        .order_by_asc(outbox::Column::Id)
        .into_tuple()
        .all(publisher.reader())
        .await?;
    let mut last = HashMap::<&str, i64>::new();
    for (id, aggregate, sequence) in &events {
        if let Some(before) = last.insert(aggregate, *sequence)
            && *sequence != before + 1
        {
            problems
                .push(format!("{source}: event {id} about {aggregate} has number {sequence} and comes after {before}"));
        }
    }
    let numbered = outbox_sequences::Entity::find().order_by_asc(outbox_sequences::Column::Aggregate);
    for row in numbered.all(publisher.reader()).await? {
        if let Some(there) = last.get(row.aggregate.as_str()).filter(|there| **there != row.last) {
            problems.push(format!(
                "{source}: the last event about {} has number {there}, but {} were numbered",
                row.aggregate, row.last
            ));
        }
    }

    let published: BTreeSet<i64> = events.iter().map(|(id, _, _)| *id).collect();
    for (consumer, database) in consumers {
        let done: BTreeSet<i64> = inbox::Entity::find()
            .select_only()
            .column(inbox::Column::EventId)
            .filter(inbox::Column::Source.eq(source))
            .into_tuple()
            .all(database.reader())
            .await?
            .into_iter()
            .collect();
        if let Some(first) = published.difference(&done).next() {
            let missing = published.difference(&done).count();
            let all = published.len();
            problems
                .push(format!("{consumer} has not done {missing} of {all} events of {source}, the first is {first}"));
        }
        // Older ones were published and pruned.
        let oldest = published.first().copied().unwrap_or(i64::MAX);
        let strange: Vec<&i64> = done.difference(&published).filter(|id| **id > oldest).collect();
        if let Some(first) = strange.first() {
            problems.push(format!(
                "{consumer} has done events of {source} that were never published: {}, the first is {first}",
                strange.len()
            ));
        }
    }
    Ok(problems)
}
