#!/usr/bin/perl
# unplanar.pl - turn NAME.planar back into NAME
#
#	find NAME -name '*.planar' -exec perl unplanar.pl {} +
#
# NAME.planar is a safetensors file, the same size, with its header as it was: 8 bytes (N, little
# endian), N bytes of JSON, and the data. The data of each tensor of type F16, BF16, F32 or F64 is
# cut into units of 1 MiB, the last one shorter. In a unit of n elements of w bytes, byte i of
# plane p is at p * n + i; plane 0 has the most significant byte of each element, and so on; and
# each element was rotated left by one bit. All else is as it was. Perl 5.10, no modules.
use strict;
use warnings;

my %width = (F16 => 2, BF16 => 2, F32 => 4, F64 => 8);

# Planes to elements: gather the bytes, then rotate each element right by one bit.
sub join_planes {
	my ($planes, $width) = @_;
	my $n = length($planes) / $width;
	my @bytes = map { [unpack 'C*', substr $planes, $_ * $n, $n] } 0 .. $width - 1;
	my $unit = '';
	for my $i (0 .. $n - 1) {
		my $carry = $bytes[$width - 1][$i] & 1;
		my @element;
		for my $p (0 .. $width - 1) {
			my $byte = $bytes[$p][$i];
			unshift @element, $byte >> 1 | $carry << 7;
			$carry = $byte & 1;
		}
		$unit .= pack 'C*', @element;
	}
	return $unit;
}

# All tensors, [begin, end, width]: objects at depth 2 that have the array "data_offsets".
sub scan {
	my ($json) = @_;
	my ($depth, $key, $text, $w, $offsets) = (0, '', '', 0, undef);
	my @tensors;
	while ($json =~ /\G(?:"((?:[^"\\]|\\.)*+)"|([:{}\[])|[^":{}\[]++)/gcs) {
		if (defined $1) {
			$text = $1;
			$w = $width{$text} || 0 if $depth == 2 && $key eq 'dtype';
			$key = '';
		} elsif (!defined $2) {
			next;
		} elsif ($2 eq ':') {
			$key = $text;
		} elsif ($2 eq '{') {
			($w, $offsets) = (0, undef) if ++$depth == 2;
		} elsif ($2 eq '[') {
			if ($depth == 2 && $key eq 'data_offsets' &&
				$json =~ /\G\s*(\d+)\s*,\s*(\d+)/gc) {
				$offsets = [$1, $2];
			}
		} elsif ($2 eq '}' && $depth-- == 2) {
			push @tensors, [@$offsets, $w] if $offsets && $offsets->[0] < $offsets->[1];
		}
	}
	return sort { $a->[0] <=> $b->[0] } @tensors;
}

sub get {
	my ($in, $n) = @_;
	my $bytes = '';
	while (length $bytes < $n) {
		read($in, $bytes, $n - length $bytes, length $bytes) or die "ends too early\n";
	}
	return $bytes;
}

sub convert {
	my ($in, $out) = @_;
	my $head = get($in, 8);
	my ($low, $high) = unpack 'VV', $head;
	die "no safetensors header\n" if $high || $low > 100_000_000;
	my $json = get($in, $low);
	print $out $head, $json or die "$!\n";
	my $at = 0;
	for my $tensor (scan($json)) {
		my ($begin, $end, $w) = @$tensor;
		die "tensors do not follow each other\n" if $begin != $at;
		while ($at < $end) {
			my $n = $end - $at < 1 << 20 ? $end - $at : 1 << 20;
			my $bytes = get($in, $n);
			print $out $w ? join_planes($bytes, $w) : $bytes or die "$!\n";
			$at += $n;
		}
	}
	die "bytes behind the last tensor\n" unless eof $in;
}

my $status = 0;
for my $path (@ARGV) {
	my $name = $path;
	my $done = eval {
		$name =~ s/\.planar\z// or die "not named .planar\n";
		die "$name exists\n" if -e $name || -l $name;
		open my $in, '<:raw', $path or die "$!\n";
		open my $out, '>:raw', $name or die "$!\n";
		eval { convert($in, $out); close $out or die "$!\n"; 1 } or do {
			unlink $name;
			die $@;
		};
		1;
	};
	next if $done;
	print STDERR "$path: $@";
	$status = 1;
}
exit $status;
