"""Tasks of the background by their paths: how often each runs, is tried again, is called."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

# What nobody would start again is tried for about four days, as mail servers do.
DAYS: Final = {"attempts": 30, "backoff": 60, "longest": 6 * 3600}
RETRIES: Final[dict[str, dict[str, Any]]] = dict.fromkeys(
    (
        "links.decisions.rules.follow",
        "links.queue.triage.ask_about_held",
        "mailing.subscribing.asking.answer",
        "mailing.subscribing.asking.answer_all",
        "mailing.subscribing.notes.send",
        "newsletter.factors.telling.tell",
        "notices.telling.tell",
        "posts.following.outdate",
        "posts.readers.telling.tell",
        "posts.retagging.retag_posts",
        "posts.reviewing.telling.tell_asked",
        "posts.reviewing.telling.tell_ended",
        "posts.reviewing.telling.tell_judged",
        "tasks.reporting.report_failures",
    ),
    DAYS,
)
# A slice of a mailing whose worker was killed goes on at once, however often that happens.
RETRIES["mailing.sending.slices.send_slice"] = {"attempts": 50, "backoff": 1, "longest": 60}
RETRIES["mailing.sending.filling.fill"] = {"attempts": 50, "backoff": 1, "longest": 60}
# The path of a task and its period in seconds.
PERIODS: Final = {
    "links.checking.run.check_due_links": 60,
    "links.decisions.links.finish_all": 5 * 60,
    "newsletter.retention.forget_old_changes": 24 * 3600,
    "mailing.forgetting.forget": 24 * 3600,
    "mailing.subscribing.pausing.end_pauses": 5 * 60,
    "mailing.subscribing.renewing.ask_again": 3600,
    "notices.telling.look": 5 * 60,
    "newsletter.signing_in.forget_failures_to_come": 3600,
    "newsletter.signing_in.forget_old_sign_ins": 24 * 3600,
    "posts.drafting.copies.prune_working_copies": 24 * 3600,
    "posts.drafting.pending.prune_editions": 24 * 3600,
    "posts.readers.telling.forget_addresses": 24 * 3600,
    "posts.throttling.prune_rate_counts": 3600,
    "posts.following.look_after_pages": 5 * 60,
    "posts.health.keeping.measure_links": 3600,
    "posts.pictures.files.sweep": 24 * 3600,
    "posts.resizing.make_missing_sizes": 3600,
    "posts.importing.staging.sweep": 3600,
    "posts.optimizing.optimize": 24 * 3600,
    "posts.publishing.trashing.empty_trash": 3600,
    "posts.reindexing.build_search": 5 * 60,
    "posts.revising.sieving.sieve_revisions": 24 * 3600,
    "posts.site.cards.sweep": 24 * 3600,
    "tasks.pruning.prune_finished_tasks": 24 * 3600,
    "tasks.reporting.report_failures": 24 * 3600,
}
# Of which one that waits is enough, since it does all that is to be done when it begins.
SINGLE: Final = {
    "mailing.choosing.searches.key_new_searches",
    "mailing.sending.filling.fill",
    "posts.following.rebuild_stale",
    "posts.purging.purge",
    "posts.reindexing.build_search",
}
# What tasks do, for people who read that one failed.
NAMES: Final = {
    "backups.rotating.back_up": _("Take a backup"),
    "links.checking.archiving.look_for_copies": _("Look for copies of broken links"),
    "links.checking.run.check_due_links": _("Check links"),
    "links.decisions.links.finish": _("Carry out a decision about many links"),
    "links.decisions.links.finish_all": _("Go on with decisions about many links"),
    "links.decisions.rules.follow": _("Carry out a rule about a source"),
    "links.queue.triage.ask_about_held": _("Ask about links that a rule holds"),
    "mailing.bounces.collecting.collect": _("Read mails that came back"),
    "mailing.bounces.providers.confirm_subscription": _("Let a provider tell what became of mails"),
    "mailing.choosing.searches.key_new_searches": _("Get a search ready that readers chose"),
    "mailing.sending.filling.fill": _("Find out who gets an issue by mail"),
    "mailing.sending.rolling.roll_up": _("Find out who gets a roll-up"),
    "mailing.sending.slices.send_slice": _("Hand mails over"),
    "mailing.sending.starting.start_due": _("Look after mailings"),
    "newsletter.retention.forget_old_changes": _("Forget what was changed years ago"),
    "mailing.forgetting.forget": _("Forget readers who left, and what was sent long ago"),
    "mailing.subscribing.asking.answer": _("Answer somebody who asked for mail"),
    "mailing.subscribing.asking.answer_all": _("Ask readers of an import whether they want mail"),
    "mailing.subscribing.notes.send": _("Send a reader a mail about mail"),
    "mailing.subscribing.pausing.end_pauses": _("Let mail go on after a pause"),
    "mailing.subscribing.renewing.ask_again": _("Ask readers whether they still want mail"),
    "mailing.transferring.running.run_import": _("Import subscribers"),
    "newsletter.factors.telling.tell": _("Tell somebody that a second factor is gone"),
    "newsletter.passwords.mail_one_time_address": _("Mail where to set a password"),
    "newsletter.signing_in.forget_failures_to_come": _("Forget sign-ins of a wrong clock"),
    "newsletter.signing_in.forget_old_sign_ins": _("Forget old sign-ins"),
    "notices.telling.look": _("Look for what staff have to be told"),
    "notices.telling.tell": _("Tell one of the staff what waits"),
    "posts.drafting.copies.prune_working_copies": _("Forget unsaved texts of long ago"),
    "posts.drafting.pending.prune_editions": _("Forget what waited to be public long ago"),
    "posts.following.look_after_pages": _("Look for issues to rebuild"),
    "posts.following.outdate": _("Mark issues to rebuild"),
    "posts.following.rebuild_stale": _("Rebuild issues after decisions"),
    "posts.health.keeping.measure_links": _("Count how the links fare"),
    "posts.importing.staging.sweep": _("Delete uploads that nobody confirmed"),
    "posts.mirroring.mirror": _("Fetch pictures of an issue from elsewhere"),
    "posts.optimizing.optimize": _("Look after the database"),
    "posts.publishing.trashing.empty_trash": _("Empty the trash"),
    "posts.purging.purge": _("Have the CDN forget what changed"),
    "posts.reindexing.build_search": _("Build the search index"),
    "posts.reviewing.telling.tell_asked": _("Tell who is asked for a review"),
    "posts.reviewing.telling.tell_ended": _("Tell that a review has ended"),
    "posts.reviewing.telling.tell_judged": _("Tell what was said of an issue in review"),
    "posts.retagging.retag_posts": _("Name tags and authors anew on issues"),
    "posts.readers.telling.forget_addresses": _("Forget e-mail addresses of readers"),
    "posts.readers.telling.tell": _("Tell a reader what became of a suggestion"),
    "posts.throttling.prune_rate_counts": _("Forget how often readers sent something"),
    "posts.pictures.files.sweep": _("Delete files of pictures that are no more"),
    "posts.resizing.make_picture_sizes": _("Make smaller files of a picture in the library"),
    "posts.resizing.make_missing_sizes": _("Look for pictures without smaller files"),
    "posts.resizing.make_sizes": _("Make smaller files of a picture"),
    "posts.revising.sieving.sieve_revisions": _("Sieve old versions of issues"),
    "posts.site.cards.sweep": _("Delete old social cards"),
    "posts.site.announcing.announce": _("Tell the hub that feeds changed"),
    "tasks.pruning.prune_finished_tasks": _("Forget old tasks"),
    "tasks.reporting.report_failures": _("Mail what failed"),
}
# Where tasks went that were stored under an earlier path: they run after an upgrade, too.
MOVED: Final = {
    "links.archiving.look_for_copies": "links.checking.archiving.look_for_copies",
    "links.checking.check_due_links": "links.checking.run.check_due_links",
    "links.moderating.finish": "links.decisions.links.finish",
    "links.moderating.finish_all": "links.decisions.links.finish_all",
    "links.rulemaking.follow": "links.decisions.rules.follow",
    "links.throttling.prune_rate_counts": "posts.throttling.prune_rate_counts",
    "links.triaging.ask_about_held": "links.queue.triage.ask_about_held",
    "posts.following.make_stale_again": "posts.following.rebuild_stale",
    "posts.moderating.look_after_pages": "posts.following.look_after_pages",
    "posts.moderating.make_stale_again": "posts.following.rebuild_stale",
    "posts.readers.throttling.prune_rate_counts": "posts.throttling.prune_rate_counts",
    "posts.telling.tell": "posts.readers.telling.tell",
}
