/* What `losnap list` is measured against: a plain program that steps through the same rows.
 * Usage: list100 CATALOGUE. Reads every column of every row of the table `snapshot`, prints the count. */
#include <sqlite3.h>
#include <stdio.h>

int main(int argc, char **argv) {
    sqlite3 *catalogue = NULL;
    sqlite3_stmt *rows = NULL;
    long count = 0, bytes = 0;
    int status;

    if (argc != 2) return 64;
    if (sqlite3_open_v2(argv[1], &catalogue, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK
        || sqlite3_prepare_v2(catalogue, "SELECT * FROM snapshot", -1, &rows, NULL) != SQLITE_OK) {
        fprintf(stderr, "list100: %s: %s\n", argv[1], sqlite3_errmsg(catalogue));
        return 1;
    }
    while ((status = sqlite3_step(rows)) == SQLITE_ROW) {
        count++;
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            if (sqlite3_column_type(rows, i) == SQLITE_INTEGER) bytes += sqlite3_column_int64(rows, i) != 0;
            else if (sqlite3_column_text(rows, i)) bytes += sqlite3_column_bytes(rows, i);
        }
    }
    if (status != SQLITE_DONE) fprintf(stderr, "list100: %s\n", sqlite3_errmsg(catalogue));
    sqlite3_finalize(rows);
    sqlite3_close(catalogue);
    printf("%ld %ld\n", count, bytes);
    return status != SQLITE_DONE;
}
