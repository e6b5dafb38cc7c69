// A real S3 server in a process of its own: s3rver, and the two calls about unfinished uploads that it does not have.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import S3rver from 's3rver';

const [directory = '', bucket = ''] = process.argv.slice(2);
const server = new S3rver({
	...{ address: '127.0.0.1', port: 0, silent: true, directory },
	configureBuckets: [{ name: bucket }]
});
const uploads = join(directory, bucket, '._S3rver_uploads');

server.middleware.unshift(async (ctx, next) => {
	if (ctx.method === 'GET' && 'uploads' in ctx.query) return list(ctx);
	if (ctx.method === 'DELETE' && 'uploadId' in ctx.query) return abort(ctx);
	return next();
});

function list(ctx) {
	const ids = existsSync(uploads) ? readdirSync(uploads) : [];
	const begun = ids.map((id) => ({ id, key: readFileSync(join(uploads, id, 'key'), 'utf8') }));
	const items = begun
		.filter(({ key }) => key.startsWith(ctx.query.prefix ?? ''))
		.map(({ id, key }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
	ctx.type = 'application/xml';
	ctx.body = `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${items.join('')}</ListMultipartUploadsResult>`;
}

function abort(ctx) {
	rmSync(join(uploads, String(ctx.query.uploadId)), { recursive: true, force: true });
	ctx.status = 204;
}

// s3rver takes an end of 0 for none; as text it is one.
const { store } = server;
const getObject = store.getObject.bind(store);
store.getObject = (ofBucket, key, options) =>
	getObject(ofBucket, key, options?.end === 0 ? { ...options, end: '0' } : options);

// The parent is gone: so is this.
process.stdin.on('end', () => process.exit(0)).resume();
const { port } = await server.run();
console.log(`http://127.0.0.1:${port}`);
