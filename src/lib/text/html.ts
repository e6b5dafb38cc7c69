/** Whether a text begins as a page does. Remarks may stand before it; they are gone over one by one: as one expression they could be parted in 2ⁿ ways. */
export function beginsAsHtml(text: string): boolean {
	const remark = /\s*<!--[^]*?-->/y;
	const begin = /\s*<(!doctype html|html[\s>])/iy;
	while (remark.test(text)) begin.lastIndex = remark.lastIndex;
	return begin.test(text);
}
