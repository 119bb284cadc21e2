/* SPDX-License-Identifier: MIT */
/*
 * A VFS over the platform's, through which SQLite does all it does to files:
 * each call is counted first, and may then end the process, the machine, or
 * in an error that SQLite knows.
 *
 * The platform's VFS must be handed itself, not us: it keeps what it needs in
 * its own pAppData.
 */
#include "fault.h"
#include "power.h"

#include <string.h>

#include <sqlite3.h>

/* The letters in a page's trace. */
enum call {
	CALL_OPEN = 'O',
	CALL_DELETE = 'D',
	CALL_ACCESS = 'A',
	CALL_CLOSE = 'C',
	CALL_READ = 'R',
	CALL_WRITE = 'W',
	CALL_TRUNCATE = 'T',
	CALL_SYNC = 'S',
	CALL_SIZE = 'Z',
	CALL_LOCK = 'L',
	CALL_UNLOCK = 'U',
	CALL_RESERVED = 'K',
	CALL_SHM_MAP = 'M',
	CALL_SHM_LOCK = 'H',
	CALL_SHM_UNLOCK = 'h',
	CALL_SHM_BARRIER = 'B',
	CALL_SHM_UNMAP = 'N',
};

/* What a disk, a lock or a kernel can answer to what. */
static const struct {
	const char *name;
	int code;
	const char *calls;
} errors[] = {
	{ "FULL", SQLITE_FULL, "WM" },
	{ "IOERR", SQLITE_IOERR, "ODARWTSZLKMH" },
	{ "READONLY", SQLITE_READONLY, "WT" },
	{ "CORRUPT", SQLITE_CORRUPT, "R" },
	{ "BUSY", SQLITE_BUSY, "LH" },
	{ "NOMEM", SQLITE_IOERR_NOMEM, "ODARWTMH" },
	{ "CANTOPEN", SQLITE_CANTOPEN, "O" },
};

struct file {
	sqlite3_file base;
	char *path; /* NULL: of no interest to a power cut */
	sqlite3_file *real;
};

static sqlite3_vfs *platform;

/* The plan's code if the call may return it, else SQLITE_OK. */
static int
error_for(enum call call)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(errors[i].name, fault_word()) == 0 &&
		    strchr(errors[i].calls, (int)call) != NULL)
			return errors[i].code;
	}
	return SQLITE_OK;
}

static bool
is_about_power(void)
{
	return fault_is(FAULT_KIND_VFS_CUT) || fault_is(FAULT_KIND_VFS_LIE);
}

/* Of a plan that is about SQLite's files. */
static bool
is_ours(void)
{
	return fault_is(FAULT_KIND_VFS_KILL) ||
	    fault_is(FAULT_KIND_VFS_ERROR) || is_about_power();
}

/* Counted is only what can fail so: every K is a call that does. */
static int
fail(enum call call)
{
	int code = error_for(call);

	if (code == SQLITE_OK || !fault_strikes((char)call))
		return SQLITE_OK;
	fault_hit();
	return code;
}

static int
enter(enum call call)
{
	if (fault_is(FAULT_KIND_VFS_ERROR))
		return fail(call);
	if (!is_ours() || !fault_strikes((char)call))
		return SQLITE_OK;
	if (is_about_power())
		power_cut((uint64_t)fault_number());
	fault_die();
}

static sqlite3_file *
real(sqlite3_file *base)
{
	return ((struct file *)base)->real;
}

/* ---- a file ---------------------------------------------------------- */

static int
file_close(sqlite3_file *base)
{
	(void)enter(CALL_CLOSE);
	return real(base)->pMethods->xClose(real(base));
}

static int
file_read(sqlite3_file *base, void *bytes, int n, sqlite3_int64 at)
{
	int code = enter(CALL_READ);

	if (code != SQLITE_OK)
		return code;
	return real(base)->pMethods->xRead(real(base), bytes, n, at);
}

static int
file_write(sqlite3_file *base, const void *bytes, int n, sqlite3_int64 at)
{
	const struct file *file = (const struct file *)base;
	int code = enter(CALL_WRITE);

	if (code != SQLITE_OK)
		return code;
	return power_write(file->path, file->real, bytes, n, at);
}

static int
file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	const struct file *file = (const struct file *)base;
	int code = enter(CALL_TRUNCATE);

	if (code != SQLITE_OK)
		return code;
	return power_truncate(file->path, file->real, size);
}

static int
file_sync(sqlite3_file *base, int flags)
{
	const struct file *file = (const struct file *)base;
	int code = enter(CALL_SYNC);

	if (code != SQLITE_OK)
		return code;
	return power_sync(file->path, file->real, flags);
}

static int
file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
	int code = enter(CALL_SIZE);

	if (code != SQLITE_OK)
		return code;
	return real(base)->pMethods->xFileSize(real(base), ret_size);
}

static int
file_lock(sqlite3_file *base, int level)
{
	int code = enter(CALL_LOCK);

	if (code != SQLITE_OK)
		return code;
	return real(base)->pMethods->xLock(real(base), level);
}

static int
file_unlock(sqlite3_file *base, int level)
{
	(void)enter(CALL_UNLOCK);
	return real(base)->pMethods->xUnlock(real(base), level);
}

static int
file_reserved(sqlite3_file *base, int *ret_is_reserved)
{
	int code = enter(CALL_RESERVED);

	if (code != SQLITE_OK)
		return code;
	return real(base)->pMethods->xCheckReservedLock(
	    real(base), ret_is_reserved);
}

static int
file_control(sqlite3_file *base, int op, void *arg)
{
	return real(base)->pMethods->xFileControl(real(base), op, arg);
}

static int
file_sector_size(sqlite3_file *base)
{
	return real(base)->pMethods->xSectorSize(real(base));
}

/* Power that is cut spares nothing: no promise of the platform's counts. */
static int
file_characteristics(sqlite3_file *base)
{
	if (is_about_power())
		return 0;
	return real(base)->pMethods->xDeviceCharacteristics(real(base));
}

static int
file_shm_map(sqlite3_file *base, int page, int size, int may_extend,
    void volatile **ret_at)
{
	int code = enter(CALL_SHM_MAP);

	if (code != SQLITE_OK)
		return code;
	return real(base)->pMethods->xShmMap(
	    real(base), page, size, may_extend, ret_at);
}

static int
file_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
	int code =
	    enter(flags & SQLITE_SHM_UNLOCK ? CALL_SHM_UNLOCK : CALL_SHM_LOCK);

	if (code != SQLITE_OK)
		return code;
	return real(base)->pMethods->xShmLock(real(base), offset, n, flags);
}

static void
file_shm_barrier(sqlite3_file *base)
{
	(void)enter(CALL_SHM_BARRIER);
	real(base)->pMethods->xShmBarrier(real(base));
}

static int
file_shm_unmap(sqlite3_file *base, int must_delete)
{
	(void)enter(CALL_SHM_UNMAP);
	return real(base)->pMethods->xShmUnmap(real(base), must_delete);
}

static const sqlite3_io_methods file_methods = {
	.iVersion = 2, /* no xFetch: what is mapped can't be counted */
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

/* ---- the VFS --------------------------------------------------------- */

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
    int *ret_flags)
{
	struct file *file = (struct file *)base;
	int code = enter(CALL_OPEN);

	(void)vfs;
	file->base.pMethods = NULL;
	if (code != SQLITE_OK)
		return code;
	file->path = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)
	    ? (char *)name
	    : NULL;
	file->real = (sqlite3_file *)(file + 1);
	code = platform->xOpen(platform, name, file->real, flags, ret_flags);
	if (file->real->pMethods != NULL)
		file->base.pMethods = &file_methods;
	return code;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int must_sync)
{
	int code = enter(CALL_DELETE);

	(void)vfs;
	if (code != SQLITE_OK)
		return code;
	power_delete(name);
	return platform->xDelete(platform, name, must_sync);
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_is)
{
	int code = enter(CALL_ACCESS);

	(void)vfs;
	if (code != SQLITE_OK)
		return code;
	return platform->xAccess(platform, name, flags, ret_is);
}

static int
vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int size, char *ret_path)
{
	(void)vfs;
	return platform->xFullPathname(platform, name, size, ret_path);
}

static int
vfs_randomness(sqlite3_vfs *vfs, int n, char *ret_bytes)
{
	(void)vfs;
	return platform->xRandomness(platform, n, ret_bytes);
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return platform->xSleep(platform, us);
}

static int
vfs_current_time(sqlite3_vfs *vfs, double *ret_days)
{
	(void)vfs;
	return platform->xCurrentTime(platform, ret_days);
}

static int
vfs_last_error(sqlite3_vfs *vfs, int size, char *text)
{
	(void)vfs;
	return platform->xGetLastError(platform, size, text);
}

static int
vfs_current_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
	(void)vfs;
	return platform->xCurrentTimeInt64(platform, ret_ms);
}

static sqlite3_vfs shim = {
	.iVersion = 2,
	.zName = "fault",
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_full_pathname,
	.xRandomness = vfs_randomness,
	.xSleep = vfs_sleep,
	.xCurrentTime = vfs_current_time,
	.xGetLastError = vfs_last_error,
	.xCurrentTimeInt64 = vfs_current_time_ms,
};

__attribute__((constructor)) static void
begin(void)
{
	if (!is_ours())
		return;
	platform = sqlite3_vfs_find(NULL);
	shim.szOsFile = (int)sizeof(struct file) + platform->szOsFile;
	shim.mxPathname = platform->mxPathname;
	(void)sqlite3_vfs_register(&shim, 1);
}
