import { expect, test } from 'vitest';
import { grantsBeyondReading } from '$lib/server/tables/process/mysql-grants.ts';
import { declaredType, sentType, textFrom, valueFrom } from '$lib/server/tables/process/mysql-types.ts';

test.each([
	["GRANT USAGE ON *.* TO `reader`@`%` IDENTIFIED BY PASSWORD '*AB'", []],
	['GRANT SELECT, SHOW VIEW ON `shop`.* TO `reader`@`%`', []],
	['GRANT SELECT (`a`, `b, INSERT ON x`) ON `shop`.`orders` TO `reader`@`%`', []],
	['GRANT `clerk`@`%` TO `reader`@`%`', []],
	['GRANT `INSERT ON clerk` TO `reader`@`%`', []],
	['GRANT SELECT, INSERT (`a`) ON `shop`.`orders` TO `reader`@`%`', ['INSERT']],
	['GRANT FILE, PROCESS ON *.* TO `reader`@`%`', ['FILE', 'PROCESS']],
	['GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION', ['ALL PRIVILEGES', 'GRANT OPTION']],
	['GRANT SELECT ON `shop`.* TO `reader`@`%` WITH MAX_QUERIES_PER_HOUR 5 GRANT OPTION', ['GRANT OPTION']],
	['GRANT BACKUP_ADMIN,SYSTEM_USER ON *.* TO `reader`@`%`', ['BACKUP_ADMIN', 'SYSTEM_USER']],
	["GRANT PROXY ON ''@'%' TO 'reader'@'%'", ['PROXY']],
	['GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `reader`@`%`', ['EXECUTE']],
	['something of a server to come', ['what could not be read']]
])('OP-03 what a role may do beyond reading is found in its grants: %s', (line, beyond) => {
	expect(grantsBeyondReading(['GRANT USAGE ON *.* TO `x`@`%`', line])).toEqual(beyond);
});

test('OP-03 a column has the same type by its declaration and in a result', () => {
	const sent = (columnType: number, columnLength = 11, characterSet = 63) =>
		sentType({ columnType, columnLength, characterSet }).type;
	const both = [
		['tinyint(1)', sent(1, 1)],
		['tinyint(4)', sent(1, 4)],
		['int unsigned', sent(3)],
		['year(4)', sent(13, 4)],
		['decimal(10,2)', sent(246)],
		['double', sent(5)],
		['date', sent(10)],
		['datetime(3)', sent(12)],
		['timestamp', sent(7)],
		['time', sent(11)],
		['bit(1)', sent(16, 1)],
		['bit(8)', sent(16, 8)],
		['varbinary(9)', sent(253)],
		['varchar(9)', sent(253, 36, 45)],
		['longblob', sent(252)],
		['mediumtext', sent(252, 100, 45)],
		["enum('int','blob')", sent(254, 4, 45)],
		['json', sent(245)],
		['point', sent(255)]
	] as const;
	expect(both.map(([declared]) => declaredType(declared).type)).toEqual(both.map(([, type]) => type));
	expect(
		valueFrom(
			textFrom(Buffer.from([1]), sentType({ columnType: 16, columnLength: 1, characterSet: 63 })),
			declaredType('bit(1)')
		)
	).toBe(true);
});
