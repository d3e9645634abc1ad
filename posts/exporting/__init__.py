"""Give issues back as files, with a side file that says what they are besides their text."""

from posts.exporting.files import (
    export_name,
    post_of_export,
    side_file_in,
    stale_files,
    write_posts,
    zip_posts,
)
